"""Pseudonym, scan and FLR of a case: in the tab, the banner and the names of exported files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from fl_planner.basis.shown import as_ml
from fl_planner.record.head import NOT_ANSWERED, find_why
from fl_planner.record.plan import PlanRecord
from fl_planner.report.words import NOT_GIVEN, SIDES
from fl_planner.web.dossier.limit_lines import find_entered
from fl_planner.web.dossier.planned import PlannedCase

NO_PSEUDONYM, NO_SCAN, NO_FLR = "no pseudonym", "scan date not given", f"FLR {NOT_GIVEN}"
MOST_PSEUDONYM = 40  # characters of it in the name of a file [project's choice]
KEY = 8  # characters of a case's own key in the name of a file [project's choice]
NONTUMOUR = "measured_nontumour"  # the usual denominator
OF_LIVER = "-of-whole-liver"
DATED = (".toml", "draft-cut.zip")  # case files: they contain the date of the scan


@dataclass(frozen=True, slots=True)
class CaseBanner:
    """Identification of a case on the page.

    - `pseudonym`: as given by the user; "" if not given.
    - `scanned`: date of the scan, ISO; empty if not given.
    - `scan_in_names`: the scan in names of exported files: its date in the clinical profile; in
      the shareable profile, which contains no dates, its age [safety.md 5]. Empty if not known.
    - `flr`: FLR with its unit, or why there is none; `flr_in_names`: the same for a file name.
    - `of_plan`: label and name of the plan, if given.
    - `of_liver`: text added to the FLR in file names if the FLR is a share of the whole liver, for
      example without a tumour mask. Otherwise, the share refers to the non-tumorous liver.
    """

    pseudonym: str
    scanned: str
    scan_in_names: str
    flr: str
    flr_in_names: str
    of_plan: tuple[str, ...] = ()
    of_liver: str = ""

    @classmethod
    def of(cls, case: PlannedCase) -> CaseBanner:
        """Read the banner of a planned case; omit an FLR that must not be used."""
        record, scanned = case.record, case.request.reading.scanned_on
        day = "" if scanned is None else scanned.isoformat()
        age = record.case.reading.age_days
        in_names = day if case.words["profile"] == "clinical" else ""
        if not in_names and age is not None:
            in_names = f"scan-{age}-days-old"
        named = (record.case.label, record.case.plan.name)
        shown = cls(
            record.case.id or "",
            day,
            in_names,
            NO_FLR,
            "no-FLR",
            tuple(one for one in named if one),
        )
        found, entered = record.volumes.find_share("flr"), find_entered(case)
        if find_why(record, "flr") is not None:
            return replace(shown, flr=f"FLR {NOT_ANSWERED}", flr_in_names="FLR-not-answered")
        if entered is not None:
            return replace(shown, flr=entered.banner, flr_in_names="FLR-as-entered")
        if found is None:
            return replace(shown, flr=_name_other(record))
        ml, percent = found
        whole = _name_whole(record)
        name = OF_LIVER if whole else ""
        flr = f"FLR {as_ml(ml)} = {percent.shown} %{whole}"
        in_file = f"{as_flr_name(percent.shown)}{name}"
        return replace(shown, flr=flr, flr_in_names=in_file, of_liver=name)

    def describe(self) -> dict[str, Any]:
        """Describe the banner.

        - `line`: in full; `short`: without the plan; `parts`: its parts.
        - `given`: scan and FLR, without what is not given, for a tab with little room.
        """
        scan = f"scan of {self.scanned}" if self.scanned else NO_SCAN
        called, rest = self.pseudonym or NO_PSEUDONYM, (scan, self.flr)
        full, short = (
            " · ".join(each) for each in ((called, *self.of_plan, *rest), (called, *rest))
        )
        given = [one for one in rest if one not in (NO_SCAN, NO_FLR)]
        stated = {"line": full, "short": short, "parts": [called, *rest], "given": given}
        return {**asdict(self), **stated}


def _name_other(record: PlanRecord) -> str:
    """Name the share shown without an FLR: the untreated liver, if there is one."""
    found = record.volumes.find_share("untreated")
    if found is None or find_why(record, "untreated") is not None:
        return NO_FLR
    ml, percent = found
    return f"{SIDES['untreated']} {as_ml(ml)} = {percent.shown} %{_name_whole(record)}"


def _name_whole(record: PlanRecord) -> str:
    """Name the denominator of a share, unless it is the usual one."""
    volumes = record.volumes
    return "" if volumes.denominator == NONTUMOUR else f" of the {volumes.whole}"


def state_same(stated: Mapping[str, Any], others: Iterable[tuple[int, Mapping[str, Any]]]) -> str:
    """State which other cases may belong to the same patient and scan; "" if none.

    - `stated`: result of `CaseBanner.describe`. - `others`: those of other cases, by number.

    Two cases may be the same if their pseudonyms are equal, and their scan dates are not known to
    differ.

    Examples
    --------
    >>> state_same({"pseudonym": "R-7", "scanned": ""}, [(2, {"pseudonym": "R-7", "scanned": ""})])
    'Same pseudonym: case 2. An entry is recorded only in the case in which it was made.'
    """
    named, day = stated.get("pseudonym"), stated.get("scanned")
    same = [(n, one) for n, one in others if named and one.get("pseudonym") == named]
    same = [(n, one) for n, one in same if not day or one["scanned"] in ("", day)]
    if not same:
        return ""
    dated = day and all(one["scanned"] for _, one in same)
    cases = ", ".join(f"case {number}" for number, _ in same)
    return (
        f"Same pseudonym{' and scan date' if dated else ''}: {cases}. An entry is recorded only in "
        f"the case in which it was made."
    )


def as_flr_name(percent_shown: str) -> str:
    """Write an FLR for the name of a file.

    Examples
    --------
    >>> as_flr_name("29.96")
    'FLR-29.96-percent'
    """
    return f"FLR-{percent_shown}-percent"


def name_export(name: str, stated: dict[str, Any], key: str) -> str:
    """Name an exported file after its case, so that files of two cases never share a name.

    - `stated`: result of `CaseBanner.describe`; for a file of a draft, with the FLR of the draft.
    - `key`: key of the case; it distinguishes cases without a pseudonym, or with the same one.

    Examples
    --------
    >>> banner = CaseBanner("R-7", "2026-03-01", "", "FLR 448 mL = 29.96 %", "FLR-29.96-percent")
    >>> name_export("plan.json", banner.describe(), "0a1b2c3d4e5f")
    'R-7_FLR-29.96-percent_0a1b2c3d_plan.json'
    >>> name_export("case.toml", banner.describe(), "0a1b2c3d4e5f")
    'R-7_2026-03-01_FLR-29.96-percent_0a1b2c3d_case.toml'
    """
    whole = re.sub(r"[/\\]", "_", stated["pseudonym"])  # no folder: nothing of it is cut off
    pseudonym = whole[:MOST_PSEUDONYM] or NO_PSEUDONYM.replace(" ", "-")
    day = (stated["scanned"] if name.endswith(DATED) else "") or stated["scan_in_names"]
    parts = (pseudonym, day, stated["flr_in_names"], key[:KEY], name)
    return "_".join(part for part in parts if part)
