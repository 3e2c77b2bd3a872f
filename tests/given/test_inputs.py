"""Each input is declared once: options, Python's keywords, new cases and cohort tables follow."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from docs.make import python_keywords, python_records, python_stub
from fl_planner.basis.exact_text import parse_exact_toml
from fl_planner.basis.findings import InputRefused
from fl_planner.cohort.source.case_table import COLUMNS
from fl_planner.given.case import CaseTables, PatientTable
from fl_planner.given.facts import FactTable, list_stated, list_withdrawn
from fl_planner.given.file_roles import LABELS_BY_OPTION, list_dose_fields
from fl_planner.given.kinds import Margin, Moment, Segments, parse_decimal
from fl_planner.given.places import numbers_in
from fl_planner.given.studies import DoseTable
from fl_planner.given.table import (
    At,
    Table,
    TableOf,
    Tables,
    Words,
    WrongEntryError,
    keys_of,
    of_words,
    options_of,
    read_entries,
)
from fl_planner.given.template import list_entries, write_tables
from tests.cases import each_case
from tests.refusals import refuses

# keys that no option says, and why
ONLY_IN_A_FILE = {
    "of several plans, or of each": {
        "plan.name", "plan.resected_segments", "plan.embolised_segments", "plan.stages",
        "plan.flr", "plan.resected", "plan.origin", "plan.cuts.tree", "plan.cuts.at_mm",
        "plan.cuts.frame",
        "plan.cuts.branch", "plan.plane.point_mm", "plan.plane.normal", "plan.plane.points_mm",
        "plan.plane.frame", "plan.surface.points_mm", "plan.surface.normal", "plan.surface.frame",
    },
    "who the patient is, and who read the scan": {
        "schema", "id", "label", "imaging.phase", "imaging.date", "imaging.reader",
        "imaging.status", "imaging.sha256", "accepted.code", "accepted.by", "accepted.why",
    },
    "of other days": {
        "embolisation.date", "embolisation.kind", "embolisation.segments",
        "embolisation.next_treatment", "baseline.mask", "baseline.points_mm", "baseline.frame",
        "baseline.registered", "function.date", "dose.calibration", "dose.administration",
    },
    "a table by itself": {
        "masks.labelmap.labels", "facts", "scores.sodium", "scores.encephalopathy",
        "scores.dialysis", "scores.cholestatic", "context.chemotherapy.duration",
        "context.chemotherapy.drugs", "context.pdff", "context.icg_r15", "context.hvpg",
        "context.limax", "context.management", "context.postoperative.day",
        "context.postoperative.bilirubin", "context.postoperative.inr",
        "context.postoperative.prothrombin", "context.postoperative.clotting_factors",
    },
    "said by an option of its own: --place-frame, --second-reader": {
        "vessels.frame", "second_reader.flr", "second_reader.liver", "second_reader.tumour",
    },
    "files and settings of a study, beside its numbers": {
        "function.transform", "function.heads", "function.regions.labels", "dose.method",
        "dose.maa_planar", "dose.regions.liver", "dose.regions.labels", "dose.regions.lungs",
        "dose.regions.background", "dose.heads", "dose.one_head", "dose.maa_spect",
        "dose.registered", "dose.transform", "dose.tracer", "dose.lungs", "dose.lung_ct",
    },
}  # fmt: skip
WORDS: Words = {
    "liver": Path("a/liver.nii"),
    "tumour": (Path("a/one.nii"), Path("a/two.nii")),
    "spleen": Path("a/spleen.nii"),
    "labelmap": Path("a/map.nii"),
    "scheme": "lits",
    "origin": ("liver=manual", "automatic:nnU-Net:2.5"),
    "exclude": ("cyst=a/cyst.nii",),
    "vessel": ("portal_veins=a/portal.nii", "portal_veins=a/more.nii"),
    "absent_segment": ("1", "4a"),
    "gaps_to_nearest": True,
    "portal_root": "1,2,3",
    "portal_point": ("4,5,6", "7,8,9"),
    "place_frame": "LPS",
    "remnant_segments": "2-4",
    "clearing_margin_mm": "2.50",
    "cut": ("portal=RPV", "hepatic=1,2,3"),
    "plane": ("1,2,3;0,0,1",),
    "wedge": "1,3",
    "wedge_margin_mm": "5",
    "treated_segments": "5",
    "treated_margin_mm": "4",
    "height_cm": "180.5",
    "weight_kg": "81.5",
    "ct": Path("a/ct.nii"),
}


def list_keys(table: type[Table], within: str = "") -> Iterator[tuple[str, bool]]:
    """List every key, and whether an option says it; a table's own keys instead of the table."""
    for name, one in keys_of(table).items():
        inner = one.kind.load() if isinstance(one.kind, TableOf) else None
        inner = one.kind.table if isinstance(one.kind, Tables) else inner
        if inner is None:
            yield f"{within}{name}", one.option is not None
        else:
            yield from list_keys(inner, f"{within}{name}.")


def test_each_key_has_an_option_or_states_why_not() -> None:
    without = {name for name, said in list_keys(CaseTables) if not said}
    told = [name for names in ONLY_IN_A_FILE.values() for name in names]
    assert len(told) == len({*told})
    assert without == {*told}


def test_keywords_of_python_are_as_they_are_made() -> None:
    for maker in (python_keywords, python_records, python_stub):
        assert maker.main([]) == 0, f"run python -m docs.make.python_keywords --write ({maker})"
    made = python_keywords.as_module()
    assert "    exclude: ImagesByName\n" in made
    assert '    diagnosis: Literal["crlm", "hcc", "other"]\n' in made


def test_what_options_state_is_written_and_read_as_the_same() -> None:
    said = of_words(CaseTables, WORDS)
    text = "\n".join(write_tables(list_entries(said, Path("a"))))
    read = read_entries(CaseTables, parse_exact_toml(f"schema = 1\n{text}"), At(Path("a")))
    for name in ("masks", "treated", "patient", "imaging"):
        assert getattr(read, name) == getattr(said, name)
    assert said.vessels.portal_root_mm == (-1.0, -2.0, 3.0)  # of LPS, by hand
    assert (read.vessels.portal_root_mm, read.vessels.frame) == ((-1.0, -2.0, 3.0), "RAS")
    assert read.vessels.points() == {"portal": ((-4.0, -5.0, 6.0), (-7.0, -8.0, 9.0))}
    (plan,), (typed,) = read.plan, said.plan
    assert structs.replace(plan, plane=()) == structs.replace(typed, plane=())
    assert plan.plane[0].in_ras() == typed.plane[0].in_ras() == ((-1, -2, 3), (0, 0, 1))
    assert plan.clearing_margin_mm == 2.5
    assert read.masks.absent_segments == ("1", "4a")


def test_a_fact_that_is_unknown_is_withdrawn_and_one_that_is_not_stated_is_not() -> None:
    words = {"cirrhosis": "unknown", "liver_disease": "no", "lung_dose": "12.5"}
    assert list_withdrawn(words) == {"cirrhosis"}
    stated = list_stated(words)
    assert stated["cirrhosis"] is None
    assert stated["underlying_liver_disease"] is False
    assert str(stated["lung_dose"]) == "{'value': Decimal('12.5'), 'unit': 'Gy'}"
    assert "chemo_liver_damage" not in stated
    assert {one.word for _, one in options_of(FactTable)} >= words.keys()


def test_columns_of_a_cohort_state_where_the_case_file_has_them() -> None:
    assert COLUMNS["scheme"][:2] == ("labelmap", "scheme")
    assert COLUMNS["plan"][:2] == ("plan", "name")
    assert COLUMNS["vessel."][:2] == ("masks", "vessels")
    assert COLUMNS["height_cm"][:2] == ("patient", "height_cm")


def test_every_wrong_entry_of_a_table_is_reported_with_its_place() -> None:
    table = {"masks": {"liver": 3, "tumour": ["", "b"]}, "plan": [{"stages": 3}]}
    with pytest.raises(WrongEntryError) as wrong:
        read_entries(CaseTables, table, At(Path()))
    assert [(".".join(one.where), one.what) for one in wrong.value.errors] == [
        ("schema", "is missing"),
        ("masks.liver", "give text in quotes"),
        ("masks.tumour.0", "must not be empty"),
        ("plan.0.stages", "give 1 or 2"),
    ]


@pytest.mark.parametrize("typed", ["-1", "50.1", "nan", "inf", "1e9999"])
def test_a_margin_out_of_bounds_is_refused_by_its_option(typed: str) -> None:
    with refuses("usage.wrong", "--clearing-margin-mm"):
        Margin().parse(typed, "--clearing-margin-mm", {})


@pytest.mark.parametrize("typed", ["2_9", "1_0", "\uff11\uff10", "\u0661\u0660", "2.9_1", "_1"])
def test_h09_digits_apart_are_no_number_of_an_option(typed: str) -> None:
    """Python reads 2_9 as 29, and the digits of every script."""
    with refuses("usage.wrong", "--flr-function"):
        parse_decimal("flr_function", typed)
    assert numbers_in(f"1,{typed},3") is None


@pytest.mark.parametrize("typed", ["sNaN", "nan", "-Infinity", "1e99999999", "1e-99999999", ""])
def test_what_is_not_finite_is_no_number_of_an_option(typed: str) -> None:
    """`Decimal` reads each but the last; a signalling NaN cannot even be compared."""
    with refuses("usage.wrong", "--height-cm"):
        parse_decimal("height_cm", typed)


def test_numbers_of_options() -> None:
    assert [parse_decimal("--x", typed) for typed in ("2.9", " +.5 ", "1e-3", "7.")] == [
        Decimal("2.9"), Decimal("0.5"), Decimal("0.001"), Decimal(7)
    ]  # fmt: skip
    assert numbers_in("1, -2.5e1, .5") == (1.0, -25.0, 0.5)
    assert numbers_in("1,2,1e9999") is None


def test_a_segment_that_is_none_is_refused_by_its_option() -> None:
    with pytest.raises(InputRefused, match="not a Couinaud segment: '9'"):
        Segments().parse(("2", "9"), "--absent-segment", {})


def test_every_option_of_a_dose_and_of_body_size_has_a_field_on_the_page() -> None:
    """What the command line asks for is asked for on the page too, under a label of its own."""
    options = {option.name for _, option in options_of(DoseTable, PatientTable)}
    assert options <= LABELS_BY_OPTION.keys()
    assert len({*LABELS_BY_OPTION.values()}) == len(LABELS_BY_OPTION)
    fields = {name: (label, choices) for name, label, choices, _ in list_dose_fields()}
    shapes = {name: shape for name, *_, shape in list_dose_fields() if shape}
    assert shapes["lung_mass_kg"] == "kg or ct"  # a keypad of numbers has no letters
    of_options = {each.name for each, _ in options_of(DoseTable)}
    assert fields.keys() == of_options | {"method", "calibration", "administration"}
    assert fields["shunt_method"] == ("Measured by", ("planar", "spect_ct"))
    assert fields["tumour_dose_gy"] == ("Intended tumour dose, Gy", ())


@each_case(
    "typed, read",
    {
        "as the page shows it": ("2026-05-20 12:00", "2026-05-20T12:00:00"),
        "as TOML": ("2026-05-20T12:00:30", "2026-05-20T12:00:30"),
        "with parts of a second": ("2026-05-20T12:00:30.500000", "2026-05-20T12:00:30.500000"),
        "in UTC": ("2026-05-20T12:00Z", "2026-05-20T12:00:00+00:00"),
        "a date alone": ("2026-05-20", None),
        "a month first": ("05/20/2026 12:00", None),
        "no day of the calendar": ("2026-02-30 12:00", None),
        "no hour of the clock": ("2026-05-20 25:00", None),
        "a week": ("2026-W21-3 12:00", None),
        "digits of another script": ("\u0662026-05-20 12:00", None),
    },
)
def test_a_moment_is_read_with_its_date_and_time(typed: str, read: str | None) -> None:
    if read is not None:
        assert Moment().parse(typed, "Calibrated", {}).isoformat() == read
        return
    with refuses("usage.wrong", "Calibrated", says="not a date with its time"):
        Moment().parse(typed, "Calibrated", {})
