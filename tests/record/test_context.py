"""What stands beside the remnant in a plan: record, terminal, page and case file; no answer."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from msgspec import convert, structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.patient.liver_failure import PostoperativeDay
from fl_planner.planning.assessment import context
from fl_planner.planning.assessment.context import Reference
from fl_planner.planning.given.case import ContextFacts, Reading
from fl_planner.record.context import NOTE, ContextRecord, NoteRecord
from fl_planner.record.head import Record
from fl_planner.record.plan import as_record
from fl_planner.report.document.blocks import RowTable
from fl_planner.report.page.render import Pictures, make_page
from fl_planner.report.terminal.plan import plan_table
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import parse_stated
from tests.cases import each_case
from tests.cli.outside import SMALL, ask, case_toml, told
from tests.niftis import write_nifti
from tests.record.planned import WHOLE, flat, made, read_plan, shown
from tests.record.schemas import require_valid

F = Fraction
ON = {"date": date(2026, 5, 2)}
FACTS: dict[str, Any] = {
    "hcc_present": True,
    "ast": {"value": 90, "unit": "U/L", **ON},
    "ast_uln": {"value": 40, "unit": "U/L"},
    "alt": {"value": 64, "unit": "U/L", **ON},
    "platelets": {"value": 120, "unit": "10*9/L", **ON},
    "age": {"value": 60, "unit": "a"},
    "albumin": {"value": 35, "unit": "g/L", **ON},
    "bilirubin_total": {"value": 1, "unit": "mg/dL", **ON},
    "bilirubin_total_uln": {"value": 1, "unit": "mg/dL"},
    "inr": {"value": 1, "unit": "1", **ON},
    "inr_uln": {"value": 1, "unit": "1"},
    "ascites": "none",
}
CHART = ContextFacts(
    chemotherapy_weeks=F(16),
    chemotherapy_drugs=("oxaliplatin",),
    pdff_percent=F("5.56"),
    icg_r15_percent=F("9.99"),
    hvpg_mmhg=F(9),
    limax_ug_per_kg_h=F(310),
    days=(PostoperativeDay(5, F("7.01"), F(2), F(45)),),
    management="invasive",
)


def spleen() -> Mask:
    """Draw 100 mL beside the liver."""
    voxels = np.zeros(WHOLE.liver.grid.shape, bool)
    free = np.argwhere(~WHOLE.organ.as_array())[:100]
    voxels[tuple(free.T)] = True
    return Mask.of("spleen", voxels, WHOLE.liver.grid, "spleen.nii")


def scan() -> Image:
    """Make an unenhanced CT on which the liver lies 12 HU below the spleen."""
    voxels = np.full(WHOLE.liver.grid.shape, -100, np.int16)
    voxels[WHOLE.organ.as_array()] = 40
    voxels[spleen().as_array()] = 52
    return Image(voxels, 1.0, 0.0, WHOLE.liver.grid, "ct.nii")


def record(facts: dict[str, Any] = FACTS, **entries: Any) -> Record:
    stated, errors = parse_stated(facts)
    assert errors == ()
    reading = Reading(phase="unenhanced")
    plan = made(
        stated=stated, diagnosis=None, as_of=date(2026, 5, 20), ct=scan(), reading=reading,
        **entries,
    )  # fmt: skip
    return require_valid(as_record(plan))


def everything() -> Record:
    return record(context=CHART, spleen=spleen(), weight_kg=F(70))


def test_everything_is_reported_with_formula_unit_range_and_source() -> None:
    context = everything()["context"]
    assert {name: one.get("shown", one.get("words")) for name, one in context.items()} == {
        "chemotherapy": "16",
        "apri": "1.88",
        "fib_4": "5.63",  # 60 · 90 / (120 · 8) = 5.625
        "spleen_volume": "100",
        "pdff": "5.56",  # at the limit in print, and not rounded over it
        "liver_minus_spleen": "-12",
        "icg_r15": "9.99",  # below 10 %, and not rounded to it
        "hvpg": "9",
        "limax": "310",
        "malbi": "-2.16",  # 0.66 · log10(17.104) - 0.085 · 35 = -2.1612
        "phlf": "grade C",
        "fifty_fifty": "met",
        "peak_bilirubin": "7.01",  # above 7, and not rounded to it
    }
    for one in context.values():
        assert one["note"] == "not a criterion of the five trials"
        assert one["formula"]
        assert one["source"]
        assert ("plausible" in one) is ("value" in one)
    assert context["hvpg"]["unit"] == "mm[Hg]"
    assert "unit" not in context["apri"]


def test_an_entered_value_is_written_as_it_was_entered() -> None:
    """12.5 % is not 13 %, and 10.5 mmHg not 11; their units as clinicians write them."""
    given = structs.replace(
        CHART, icg_r15_percent=F("12.5"), hvpg_mmhg=F("10.5"), limax_ug_per_kg_h=F("187.4"),
        pdff_percent=F("8.25"), chemotherapy_weeks=F("12.5"),
    )  # fmt: skip
    context = record(context=given)["context"]
    names = ("icg_r15", "hvpg", "limax", "pdff", "chemotherapy")
    shown = [context[name]["shown"] for name in names]
    assert shown == ["12.5", "10.5", "187.4", "8.25", "12.5"]
    notes = [convert(context[name], NoteRecord).format_note() for name in names[:3]]
    assert [note.split(" (")[0] for note in notes] == ["12.5 %", "10.5 mmHg", "187.4 µg/kg/h"]


def test_each_reference_has_its_key() -> None:
    every = [one for one in vars(context).values() if isinstance(one, Reference)]
    assert {one.name for one in every} == get_type_hints(ContextRecord).keys()


def without_context(told_: Record) -> Record:
    """Leave out what is shown beside the remnant, and the findings on it and on the spleen."""
    apart = ("context.", "spleen.")
    findings = [one for one in told_["findings"] if not one["code"].startswith(apart)]
    return {key: one for key, one in {**told_, "findings": findings}.items() if key != "context"}


def patients() -> Iterator[dict[str, Any]]:
    """Give patients whose routes turn on what these values hint at."""
    for diagnosis in ({"hcc_present": True}, {"crlm_present": True}):
        for damage in ({}, {"chemo_liver_damage": False}, {"underlying_liver_disease": False}):
            yield {**FACTS, **diagnosis, **damage}
    yield {"crlm_present": True}


@pytest.mark.slow
def test_nothing_next_to_the_remnant_changes_an_answer() -> None:
    grave = structs.replace(
        CHART, icg_r15_percent=F(60), hvpg_mmhg=F(25), limax_ug_per_kg_h=F(50), pdff_percent=F(40)
    )
    for facts in patients():
        facts.pop("hcc_present", None) if "crlm_present" in facts else None
        plain = record(facts)
        for chart in (CHART, grave):
            beside = record(facts, context=chart, spleen=spleen())
            assert without_context(beside) == without_context(plain)
            assert "spleen_volume" in beside["context"]


def test_without_any_of_it_there_is_no_key() -> None:
    assert "context" not in as_record(made())


def test_liver_minus_spleen_is_not_reported_of_a_liver_in_doubt() -> None:
    wrong = Finding("ct.mask_mirrored", Severity.ERROR, "is it mirrored?", "liver.nii")
    context = record(spleen=spleen(), findings=(wrong,))["context"]
    assert "liver_minus_spleen" not in context
    assert "spleen_volume" in context


def test_the_terminal_states_it_in_one_paragraph_and_all_of_it_with_v() -> None:
    told_ = read_plan(everything())
    short = flat(shown(plan_table(told_)))
    assert (
        "Additional liver assessment: chemotherapy 16 weeks (oxaliplatin); APRI 1.88; FIB-4 5.63;"
        in short
    )
    assert "modified ALBI -2.16 (grade 2b)" in short
    assert "liver failure after hepatectomy (ISGLS) grade C" in short
    assert "HVPG 9 mmHg" in short
    assert f"({NOTE})" in short
    assert "Wai 2003" not in short
    every = flat(shown(plan_table(told_, verbose=True)))
    assert f"Additional liver assessment: {NOTE}" in every
    assert (
        "platelets in 10*9/L; published limits 0.5 and 1.5; plausible above 0, to 100; Wai" in every
    )
    lacking = read_plan(record({**FACTS, "ast_uln": None}))
    assert "APRI" not in shown(plan_table(lacking))
    assert "APRI: missing: upper limit of normal for AST" in shown(
        plan_table(lacking, verbose=True)
    )
    alone = {key: FACTS[key] for key in ("ast", "platelets")}
    assert "Additional liver assessment" not in shown(plan_table(read_plan(record(alone))))


def page_table(told_: Record) -> RowTable | None:
    blocks = (
        one
        for part in make_page(read_plan(told_), Pictures({}), appendix=True).chapters
        for one in part.blocks
    )
    tables = (
        one
        for one in blocks
        if isinstance(one, RowTable) and one.title == "Additional liver assessment"
    )
    return next(tables, None)


def test_the_page_sets_it_next_to_the_share_of_the_body_weight() -> None:
    table = page_table(everything())
    assert table is not None
    assert table.rows[0][:2] == ("FLR-to-body-weight ratio", "0.43 %")  # 300 mL of 70 kg
    assert table.rows[2][:2] == ("APRI", "1.88")
    assert "Wai 2003" in table.rows[2][2]
    assert table.beside == ("None of these is a criterion of the five trials.",)
    assert page_table(record({"crlm_present": True}, weight_kg=F(70))) is None


TABLE = """
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[facts]
ascites = "none"
"""
FILE = """
[context]
chemotherapy = { duration = { value = 12.5, unit = "wk" }, drugs = ["irinotecan"] }
pdff = { value = 8.4, unit = "%" }
icg_r15 = { value = 14, unit = "%" }
hvpg = { value = 9, unit = "mm[Hg]" }
limax = { value = 310, unit = "ug/kg/h" }
management = "changed"

[[context.postoperative]]
day = 5
bilirubin = { value = 171.04, unit = "umol/L" }
inr = 1.7
prothrombin = { value = 45, unit = "%" }
[[context.postoperative]]
day = 6
clotting_factors = true
"""


def case(folder: Path, more: str) -> Path:
    SMALL.write(folder, flr=(0, 2400), tumour=(7000, 8000))
    return case_toml(folder, TABLE + more)


def test_a_case_file_says_it(tmp_path: Path) -> None:
    context = require_valid(told("plan", case(tmp_path, FILE)))["context"]
    assert context["chemotherapy"]["value"] == 12.5
    assert context["chemotherapy"]["words"] == "irinotecan"
    assert context["peak_bilirubin"]["value"] == 10  # 171.04 / 17.104
    assert context["fifty_fifty"]["words"] == "met"
    assert {"pdff", "icg_r15", "hvpg", "limax", "phlf"} <= context.keys()


DAY = "context.postoperative"


@each_case(
    "place, text, words",
    [
        ("context.pdff", "pdff = 8.4", "write { value = 8.4"),
        ("context.pdff", 'pdff = { value = 84, unit = "%" }', "84 is outside 0 to 60 %"),
        ("context.icg_r15", 'icg_r15 = { value = 0.14, unit = "%" }', "possibly a fraction"),
        ("context.hvpg", 'hvpg = { value = 9, unit = "kPa" }', "give a number in mm[Hg]"),
        ("context.hvpg", 'hvpg = { value = 90, unit = "mm[Hg]" }', "90 is outside 0 to 50"),
        ("context.limax", 'limax = { value = 2, unit = "ug/kg/h" }', "2 is outside 5 to 1000"),
        (
            "context.chemotherapy",
            'chemotherapy = { drugs = ["cisplatin"] }',
            "give 'fluoropyrimidine'",
        ),
        (
            "context.chemotherapy",
            'chemotherapy = { duration = { value = 900, unit = "wk" } }',
            "900 is outside",
        ),
        ("context.management", 'management = "worse"', "give 'unchanged'"),
        ("context.steatosis", "steatosis = true", "unknown key"),
        (DAY, "day = 91", "day: "),
        (DAY, "inr = 2", "day: "),
        (DAY, "day = 5\ninr = 45", "45 is outside 0.5 to 20"),
        (DAY, "day = 5\nbilirubin = { value = 125, unit = 'mg/dL' }", "125 is outside"),
        (DAY, f"day = 5\n[[{DAY}]]\nday = 5", "day 5 is given twice; give each day only once"),
        ("scores.sodium", "sodium = 138", "write { value = 138"),
        ("scores.sodium", 'sodium = { value = 138, unit = "mg/dL" }', "in mmol/L"),
        ("scores.sodium", 'sodium = { value = "138", unit = "mmol/L" }', "give a number"),
        ("scores.sodium", 'sodium = { value = 310, unit = "mmol/L" }', "310 is outside"),
        (
            "scores.sodium",
            'sodium = { value = 138, unit = "mmol/L", date = "2026" }',
            "without quotes",
        ),
        ("scores.encephalopathy", 'encephalopathy = "moderate"', "give 'none'"),
    ],
)
def test_h09_a_wrong_entry_is_refused_by_its_key(
    place: str, text: str, words: str, tmp_path: Path
) -> None:
    head = f"[[{DAY}]]" if place == DAY else f"[{place.partition('.')[0]}]"
    found = ask("plan", case(tmp_path, f"{head}\n{text}\n"), "--json").record["refusal"]
    assert found["code"] == "case.unreadable"
    assert place in found["message"]
    assert words in found["message"]


def test_h09_a_spelling_of_a_unit_changes_nothing(tmp_path: Path) -> None:
    def context(text: str) -> Any:
        return told("plan", case(tmp_path, text))["context"]

    other = FILE
    spelt = [("umol/L", "\N{MICRO SIGN}mol/l"), ("ug/kg/h", "\N{GREEK SMALL LETTER MU}g/kg/h")]
    for unit, as_printed in (*spelt, ("mm[Hg]", "mmHg"), ('"%"', '"percent"')):
        assert unit in FILE
        other = other.replace(unit, as_printed)
    assert context(other) == context(FILE)


def test_a_spleen_of_its_own_grid_moves_no_number(tmp_path: Path) -> None:
    path = case(tmp_path, "")
    plain = told("plan", path, "--resample")
    voxels = np.zeros((40, 40, 40), np.uint8)
    voxels[:, :, :10] = 1  # 16 000 voxels of 2 mm: 128 mL
    write_nifti(tmp_path / "spleen.nii", voxels, (2.0, 2.0, 2.0), (500.0, 0.0, 0.0))
    for named in (["--spleen", tmp_path / "spleen.nii"], []):
        if not named:
            path.write_text(path.read_text().replace("[masks]", '[masks]\nspleen = "spleen.nii"'))
        beside = told("plan", path, "--resample", *named)
        assert beside["context"]["spleen_volume"]["value"] == pytest.approx(128)
        assert [one["role"] for one in beside["inputs"]][-1] == "spleen"
        for key in ("volumes_ml", "voxels", "flr_percent", "pathway", "route", "thresholds"):
            assert beside[key] == plain[key]


def test_a_spleen_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = case(tmp_path, "")
    found = ask("plan", path, "--spleen", tmp_path / "milz.nii", "--json").record["refusal"]
    assert (found["code"], found["file"]) == ("file.missing", "milz.nii")
    assert "--spleen milz.nii" in found["message"]
