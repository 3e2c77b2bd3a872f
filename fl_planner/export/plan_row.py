"""A plan as one flat row for a study's data base, and the codebook of its columns.

Nothing is computed here: each cell is one place in the plan's record, choices as whole numbers.
A code is for ever: words are added at the end of their list.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fl_planner.basis.findings import Severity
from fl_planner.export.csv import Cell, as_csv
from fl_planner.intake.documents.bundled_trials import (
    read_bundled_trials,
    read_protocols,
    read_route_rows,
)
from fl_planner.planning.assessment.thresholds import SPOKEN, name_limit
from fl_planner.planning.pathway.table import ROWS
from fl_planner.record.base import Record
from fl_planner.record.path import Path, find

# a key, or the entry of a list whose first key has this value
Read = Callable[[Any], Cell]

SEGMENTS = ("1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8")
DIAGNOSES = ("crlm", "hcc", "other")
DENOMINATORS = ("measured_nontumour", "measured_liver")
ORIGINS = ("drawn", "segments")
MEASURED = ("given", "measured")
ANSWERS = ("below", "at", "above")
VERDICTS = ("eligible", "not_eligible", "indeterminate")
CODEBOOK = ("column", "meaning", "unit", "type", "choices", "source")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means, and where in the record of `plan` it stands.

    `choices` are words whose codes are 1, 2, 3 ...; `read` makes the cell of what stands there.
    """

    name: str
    meaning: str
    path: Path
    unit: str = ""
    kind: str = "number"
    choices: tuple[str, ...] = ()
    read: Read | None = None

    def of(self, record: Record) -> Cell:
        """Give the cell of a record; None where it is not known."""
        found = find(record, self.path)
        if found is None:
            return None
        if self.choices:
            return self.choices.index(found) + 1
        cell: Cell = found if self.read is None else self.read(found)
        return cell

    @property
    def coded(self) -> str:
        """What its numbers stand for: "1, below | 2, at | 3, above"."""
        if self.kind == "yes_no":
            return "0, no | 1, yes"
        return " | ".join(f"{code}, {word}" for code, word in enumerate(self.choices, 1))

    @property
    def source(self) -> str:
        """Where it stands in `plan --json`."""
        return ".".join(
            step if isinstance(step, str) else f"[{step[0]}={step[1]}]" for step in self.path
        )


def as_row(record: Record) -> str:
    r"""Write the record of a plan as CSV: one header, one row.

    Examples
    --------
    >>> as_row({"case": {"id": "case-001"}, "flr_percent": 27.436}).count("\n")
    2
    """
    columns = tuple(every_column())
    return as_csv([one.name for one in columns], [[one.of(record) for one in columns]])


def as_codebook() -> str:
    """Write what each column means, as CSV."""
    rows = (
        (one.name, one.meaning, one.unit, one.kind, one.coded, one.source) for one in every_column()
    )
    return as_csv(CODEBOOK, rows)


def every_column() -> Iterator[Column]:
    """Give every column, in order."""
    yield Column("record_id", "the user's pseudonym", ("case", "id"), kind="text")
    yield Column("fl_planner_version", "version that made the row", ("version",), kind="text")
    yield _choice("diagnosis", "what is treated", ("case", "diagnosis"), DIAGNOSES)
    yield _choice("reading_status", "how far the masks were checked", (*_READING, "status"),
                  ("draft", "verified"))  # fmt: skip
    yield Column("reading_age_d", "from the scan to the judging date", (*_READING, "age_days"), "d")
    yield from _volumes()
    yield from _shares()
    yield from _limits()
    yield from _anatomy()
    yield from _patient()
    yield from _answers()
    yield from _findings()


_READING = ("case", "reading")


def _choice(name: str, meaning: str, path: Path, words: tuple[str, ...]) -> Column:
    return Column(name, meaning, path, kind="choice", choices=words)


def _yes_no(name: str, meaning: str, path: Path, read: Read | None = None) -> Column:
    return Column(name, meaning, path, kind="yes_no", read=read)


def _volumes() -> Iterator[Column]:
    parts = {
        "liver": ("liver", "whole liver, with tumour"),
        "tumour": ("tumour", "all tumour"),
        "nontumorous_liver": ("nontumour", "liver without tumour; the whole where none was given"),
        "flr": ("flr", "future liver remnant, without tumour"),
        "resected": ("resected", "part to be removed, with its tumour"),
        "untreated": ("untreated", "non-tumorous liver outside the treated area"),
        "excluded": ("excluded", "cysts, cavities and the like"),
        "impaired": ("impaired", "devascularised or congested liver"),
    }
    for key, (name, meaning) in parts.items():
        yield Column(f"{name}_ml", meaning, ("volumes_ml", key), "mL")
    yield Column("voxel_ml", "volume of a voxel", ("voxel_ml",), "mL")


def _shares() -> Iterator[Column]:
    said = {
        "flr": ("flr_percent", "FLR of the denominator"),
        "untreated": ("untreated_percent", "untreated part of the denominator"),
    }
    for name, (key, meaning) in said.items():
        ratio: Path = ("ratios", name)
        yield Column(f"{name}_pct", meaning, (key,), "%")
        yield Column(f"{name}_vox", f"{name}: numerator", (*ratio, "numerator_voxels"), "voxels")
        whole = (*ratio, "denominator_voxels")
        yield Column(f"{name}_whole_vox", f"{name}: denominator", whole, "voxels")
        for end, (side, words) in enumerate((("low", "lower"), ("high", "upper"))):
            means = f"{name}: {words} end of where 95 of 100 readings would lie"
            path = (*ratio, "interval_percent")
            yield Column(f"{name}_pct_{side}", means, path, "%", read=_nth(end))
    yield _choice("denominator", "the whole of all shares", ("denominator",), DENOMINATORS)
    second: Path = ("ratios", "flr", "second_reader")
    yield Column("flr2_pct", "FLR by a second reader", (*second, "percent"), "%")
    apart = (*second, "difference_points")
    yield Column("flr2_less_flr_pct_pt", "the second reader's less the first's", apart, "%")
    impaired = ("flr_percent_with_impaired",)
    yield Column("flr_w_impaired_pct", "FLR with what works no more", impaired, "%")
    excluded = ("flr_percent_without_excluded",)
    yield Column("flr_wo_excluded_pct", "FLR without cysts and cavities", excluded, "%")
    parted = ("flr_percent_of_segments",)
    yield Column("flr_of_segments_pct", "FLR of what lies in segments", parted, "%")


def _nth(index: int) -> Read:
    def read(found: Any) -> Cell:
        cell: Cell = found[index]
        return cell

    return read


def _limits() -> Iterator[Column]:
    for limit in _list_limits():
        name = limit.replace(".", "_")
        place = ("thresholds", ("name", limit))
        yield _choice(name, f"share against {limit}", (*place, "answer"), ANSWERS)
        meaning = f"chance that another reading falls on the other side of {limit}"
        yield Column(f"{name}_chance", meaning, (*place, "crossing_chance"), "1")


def _list_limits() -> Iterator[str]:
    """Name every limit that a protocol of the pathway sets on a share."""
    protocols = read_protocols()
    for trial in (protocols.crlm, protocols.hcc, protocols.radioembolisation):
        for fact in SPOKEN:
            yield from (name_limit(limit) for limit in trial.limits_on(fact))


def _by_code(named: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Put words in the order of their codes, which are 1, 2, 3 ..."""
    return tuple(word for _, word in sorted({(code, word) for word, code in named}))


def _anatomy() -> Iterator[Column]:
    origin = ("remnant", "origin")
    yield _choice("remnant_origin", "drawn, or by whole segments", origin, ORIGINS)
    kept: Path = ("case", "plan", "remnant_segments")
    for name in SEGMENTS:
        means = f"segment {name} is named as part of the remnant"
        yield _yes_no(f"remnant_seg___{name}", means, kept, _holds(name))
    for name in SEGMENTS:
        path = ("segments", ("name", name), "volume_ml")
        yield Column(f"seg{name}_ml", f"segment {name}, with tumour", path, "mL")
    summary = "lesion_summary"
    yield Column("lesion_count", "lesions of the tumour mask", (summary, "count"), kind="integer")
    largest = (summary, "largest_axial_cm")
    yield Column("lesion_largest_cm", "longest axial diameter of the largest", largest, "cm")
    yield _yes_no("lesion_bilobar", "lesions lie in both lobes", (summary, "bilobar"))
    margin = ("case", "plan", "margin_mm")
    yield Column("margin_mm", "from the nearest lesion to what remains", margin, "mm")


def _holds(name: str) -> Read:
    def read(found: Any) -> Cell:
        return name in found if found else None  # drawn: no segment is named

    return read


def _patient() -> Iterator[Column]:
    function = ("function", "flr_function_pct_per_min_per_m2")
    yield Column("flr_function_pct_min_m2", "mebrofenin uptake of the FLR", function, "%/min/m2")
    origin = ("function", "origin")
    yield _choice("flr_function_origin", "typed, or by scintigraphy", origin, MEASURED)
    measured = ("function", "measured")
    means = "the FLR's share of the liver's counts; blank where it is not to be used"
    yield Column("flr_counts_pct", means, measured, "%", read=_counts_share)
    days = ("function", "ct_to_scintigraphy_days")
    means = "days from CT to scintigraphy, below 0 where that came first"
    yield Column("ct_to_hbs_d", means, days, "d", kind="integer")
    dose = ("dose", "lung_dose_gy_at_150gy_tumour")
    yield Column("lung_dose_gy", "lung dose when the tumour gets 150 Gy", dose, "Gy")
    yield Column("height_cm", "height", ("body", "height_cm"), "cm")
    yield Column("weight_kg", "weight", ("body", "weight_kg"), "kg")
    bsa = ("body", "bsa_m2", "mosteller")
    yield Column("bsa_m2", "body surface area (Mosteller)", bsa, "m2")
    yield Column("sflr_pct", "FLR of the standard liver", ("body", "sflr_percent"), "%")
    yield Column("flr_bw_pct", "FLR to body weight", ("body", "flr_bw_percent"), "%")


def _counts_share(measured: Any) -> Cell:
    cell: Cell = measured.get("share", {}).get("percent") if measured["usable"] else None
    return cell


def _answers() -> Iterator[Column]:
    pathways = _by_code((row.pathway, row.csv) for row in ROWS)
    routes = _by_code((row.route, row.csv) for row in read_route_rows())
    yield _choice("pathway", "the answer by images alone", ("pathway", "name"), pathways)
    yield Column("pathway_row", "its row of the table", ("pathway", "row"), kind="text")
    near = "one of five readings or more would fall on the other side"
    yield _yes_no("pathway_borderline", near, ("pathway", "borderline"))
    yield _choice("route", "the proposal by all facts", ("route", "name"), routes)
    yield Column("route_row", "its row of the table", ("route", "row"), kind="text")
    for trial in [trial.id for trial in read_bundled_trials()]:
        place = ("trials", ("id", trial))
        verdict = (*place, "verdict")
        yield _choice(f"{trial.lower()}_verdict", f"verdict of {trial}", verdict, VERDICTS)
        means = f"nothing but a person's word is missing for {trial}"
        yield _yes_no(f"{trial.lower()}_human_open", means, (*place, "only_human_open"))


def _findings() -> Iterator[Column]:
    for severity in Severity:
        name, means = f"findings_{severity.value}", f"findings of severity {severity.value}"
        read = _counts(severity)
        yield Column(name, means, ("findings",), kind="integer", read=read)
    codes = "their codes; docs/codes.md says what each means"
    yield Column("findings_codes", codes, ("findings",), kind="text", read=_codes)


def _counts(severity: Severity) -> Read:
    def read(found: Any) -> Cell:
        return len([one for one in found if one["severity"] == severity.value])

    return read


def _codes(found: Any) -> Cell:
    return " ".join(dict.fromkeys(one["code"] for one in found))
