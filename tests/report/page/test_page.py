"""The report: the record's numbers and no others, every doubt in words, no word obeyed."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from html.parser import HTMLParser
from math import ceil, floor
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_chance
from fl_planner.planning.given.case import Accepted, Embolisation, Operation, Reading
from fl_planner.planning.pathway_questions import PathwayQuestions
from fl_planner.planning.plan import Plan
from fl_planner.record.context import ScoresRecord
from fl_planner.record.declaration.part import as_json, as_plain
from fl_planner.record.dose import LungDoseRecord
from fl_planner.record.growth import EndpointKeys, FixedDenominatorRecord, GrowthKeys, GrowthRecord
from fl_planner.record.growth_scan import ScanFileRecord, ScanRecord
from fl_planner.record.head import FindingRecord, InputRecord, Record, as_findings
from fl_planner.record.plan import PlanRecord, as_plan_record, as_record
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import (
    Card,
    Cards,
    Columns,
    Page,
    RowTable,
    Sentences,
    Shown,
    SideBySide,
    as_tree,
    filled,
)
from fl_planner.report.page.appendix import appendix_of, formula_rows
from fl_planner.report.page.board import trial_lines
from fl_planner.report.page.growth import growth_blocks, growth_card, needed, radioembolisation_card
from fl_planner.report.page.prose import measurements
from fl_planner.report.page.render import (
    Pictures,
    _surface_note,
    as_html,
    as_pdf,
    draw_report,
    fill_template,
    make_page,
)
from fl_planner.report.page.values import value_blocks, value_cards
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.trials.statements import Amount, Stated
from fl_planner.workup.growth import with_growth
from tests.cases import each_case
from tests.cli.outside import bundled
from tests.masks import liver_part, small_liver, small_segments
from tests.record.planned import NO_TUMOUR, TREATED, WHOLE, made, read_part, read_plan
from tests.refusals import refuses
from tests.report.pages import find_block

NUMBER = re.compile(r"\d+(?:\.\d+)?")
NOTHING = Pictures({})
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext")
HOSTILE = '<script>alert("1")</script> & "\'#panic() $x$ \\ *b* @a \x1b[31m'


def lines(record: PlanRecord) -> dict[str, str]:
    """Give the lines of the cards of all values by their names; a name stands there once."""
    cards = [block for block in value_blocks(record, None) if isinstance(block, Card)]
    cards += value_cards(record, None).cards
    every = [line for card in cards for line in card.lines]
    named = {line.name: f"{line.value} {line.beside}".strip() for line in every}
    assert len(named) == len(every)
    return named


def test_h15_a_page_of_two_cancers_names_both() -> None:
    """A patient with both has no limit; the title does not make them a patient with CRLM."""
    record = as_plan_record(made(stated=Stated({"hcc_present": True})))
    assert lines(record)["Diagnosis"] == "CRLM and HCC"
    assert "CRLM and HCC" in [*words(as_tree(make_page(record, NOTHING)))]


def test_h15_what_a_reader_entered_of_lesions_is_on_the_first_page_and_in_all_values() -> None:
    entered = Stated({"lesion_count": Fraction(3), "largest_lesion": Amount(Fraction("4.5"), "cm")})
    record = as_plan_record(made(stated=entered))
    said = "As entered, and used in the criteria: 3 lesions, largest 4.5 cm by calliper."
    assert said in [*words(as_tree(make_page(record, NOTHING)))]
    assert lines(record)["Lesions"] == "3 as entered; 1 on the mask"
    assert lines(record)["Largest diameter by calliper"] == "4.5 cm"
    honest = as_plan_record(made())
    assert lines(honest)["Lesions"] == "1"
    assert "used in the criteria" not in " ".join(words(as_tree(make_page(honest, NOTHING))))


def words(tree: Any) -> Iterator[str]:
    """Give every text of a tree, but not the names of its entries and kinds, nor an axis."""
    match tree:
        case str():
            yield tree
        case dict():
            yield from (
                text for key in tree.keys() - {"kind", "file", "ticks"} for text in words(tree[key])
            )
        case list() | tuple():
            yield from (text for one in tree for text in words(one))


def numbers(record: Any) -> Iterator[float]:
    """Give every number of a record, in its texts too, and how many entries its lists have."""
    match record:
        case bool():
            return
        case int() | float():
            yield from (abs(record), abs(100 * record))  # a chance is told in percent
        case str():
            yield from map(float, NUMBER.findall(record))
        case dict():
            yield from (number for one in record.values() for number in numbers(one))
            yield from (number for key in record for number in numbers(key))
        case list():
            yield len(record)
            if len(record) == 2 and all(isinstance(one, float) for one in record):
                low, high = record  # an interval is rounded outwards
                yield from (floor(10 * low) / 10, ceil(10 * high) / 10)
            yield from (number for one in record for number in numbers(one))


CASES = ("crlm", "hcc")
PLAIN = as_plan_record(made(small_liver()))  # of a liver alone


@pytest.fixture(scope="module", params=CASES)
def told(request: pytest.FixtureRequest) -> Record:
    """Give the JSON of a bundled case, as another program reads it."""
    record: Record = bundled(request.param, "--json").record
    return record


def test_the_first_page_states_what_excludes_from_a_trial() -> None:
    page = make_page(read_plan(bundled("crlm", "--json").record), NOTHING)
    texts = [*words(as_tree(page)["summary"])]
    excludes = "not met: colorectal primary: resected (criterion: in situ)"
    assert texts[texts.index("PUMP-IT") + 1] == f"not eligible; {excludes}"
    assert texts[texts.index("RESCUE") + 1] == "for another diagnosis"


@pytest.mark.essential
@pytest.mark.slow
def test_every_number_of_the_first_page_is_one_of_the_json(told: Record) -> None:
    every = sorted(set(numbers(told)))
    own = {95.0, 100.0, 150.0, 2.0, 3.0}  # of 100 readings; Gy of RESCUE's rule; DRAGON 2; pages
    for text in words(as_tree(make_page(read_plan(told), NOTHING))["summary"]):
        for found in NUMBER.findall(text):
            half = 0.5 * 10 ** -len(found.partition(".")[2])
            near = any(abs(float(found) - one) <= half * 1.000001 for one in every)
            assert near or float(found) in own, (found, text)


def test_the_first_page_has_the_numbers_of_the_json_by_their_names() -> None:
    record = bundled("crlm", "--json").record
    first = lines(read_plan(record))
    ml = record["volumes_ml"]
    assert first["Whole liver (TLV)"] == f"{ml['liver']:.0f} mL"
    assert first["Tumour"] == f"{ml['tumour']:.1f} mL"
    assert first["Non-tumorous liver"] == f"{ml['nontumorous_liver']:.0f} mL"
    low, high = record["ratios"]["flr"]["interval_percent"]
    assert first["FLR"] == (
        f"{ml['flr']:.0f} mL = {record['flr_percent_shown']} % of the non-tumorous liver "
        f"95 % inter-reader interval: {floor(100 * low) / 100} to {ceil(100 * high) / 100} %"
    )
    below = record["thresholds"][0]
    assert below["name"] == "dragon2.flr_30"
    assert first["DRAGON 2: FLR 30 %"].startswith(
        f"{-below['distance_ml']:.2f} mL below {100 * below['crossing_chance']:.0f} % chance that "
        "another reading is on the other side of the limit, borderline"
    )
    assert first["Lesions"] == str(record["lesion_summary"]["count"])
    assert first["Slice spacing"].startswith(f"{record['voxel_mm'][2]:.2f} mm")
    assert first["Masks"] == "DRAFT, not verified"
    assert first["Chemotherapy-associated liver injury"] == "not known"
    for trial in record["trials"]:
        assert first[trial["name"]].startswith(trial["shown"])


def test_radioembolisation_by_its_names() -> None:
    record = bundled("hcc", "--json").record
    first = lines(read_plan(record))
    ml, percent = record["volumes_ml"]["untreated"], record["untreated_percent_shown"]
    start = f"{ml:.0f} mL = {percent} % of the non-tumorous liver"
    assert first["Untreated liver"].startswith(start)
    assert first["Lung dose at a tumour dose of 150 Gy"] == "8.4 Gy as entered"
    assert first["Lung shunt"] == "not given"


def test_a_percentage_names_what_it_is_of(told: Record) -> None:
    of = "of the non-tumorous liver"
    share = f"{told['flr_percent_shown']} %"
    page = as_tree(make_page(read_plan(told), NOTHING))
    texts = [text for part in ("summary", "values") for text in words(page[part]) if share in text]
    assert texts
    assert all(
        of in text or "within 0.1 percentage points" in text for text in texts if " mL = " in text
    )
    lead = page["summary"][0]["bars"][0]
    assert lead["value"] == share
    assert lead["beside"].endswith(" mL non-tumorous liver")


def record_of(plan: Plan) -> Record:
    """Give a plan's record as its JSON has it."""
    read: Record = json.loads(as_json(as_record(plan)))
    return read


def page_of(plan: Plan) -> Page:
    """Make the report of a plan without pictures."""
    return make_page(as_plan_record(plan), NOTHING)


def test_what_was_not_given_is_stated_to_be() -> None:
    plan = made(small_liver())
    first = lines(as_plan_record(plan))
    for name in ("Case", "Reader", "Tumour", "Non-tumorous liver", "FLR", "sFLR",
                 "Embolised territory", "FLR share of counts", "FLR function",
                 "Dates of CT and scintigraphy", "Growth",
                 "Largest diameter by calliper", "Remaining in the FLR",
                 "FLR-to-body-weight ratio"):  # fmt: skip
        assert first[name] == "not given", name
    assert first["Scan"] == "day not given, phase not given"
    assert first["Masks"] == "status not given"
    assert first["Limits"] == "not yet compared"
    assert "Lung dose at a tumour dose of 150 Gy" not in first  # nobody asked for it
    page = page_of(plan)  # where what was not given takes no room, but for the status
    assert "not given" not in [*words(as_tree(page)["values"])]
    assert page.status == "masks: status not given"


def test_of_another_diagnosis_no_limit_is_still_to_be_compared() -> None:
    """`trials.md` 9.2, V3: no threshold of the five trials applies."""
    plan = made(diagnosis="other")  # with an FLR
    assert lines(as_plan_record(plan))["Limits"] == "none for this diagnosis"


def test_resections_on_page_1_state_a_denominator_with_tumour_in_it() -> None:
    """Without a tumour mask, their FLR is not a share of the non-tumorous liver."""
    anatomy = replace(small_liver(), segments=small_segments())
    for drawn, named in ((None, True), (WHOLE.tumour, False)):
        plan = made(replace(anatomy, tumour=drawn), operations=(Operation("a", ("1", "2")),))
        (columns,) = (one for one in page_of(plan).summary if isinstance(one, Columns))
        table = next(one for one in columns.columns[1] if isinstance(one, RowTable))
        assert table.title == "Comparison of resections"
        said = "FLR %: share of the whole liver (no tumour mask)."
        assert (said in table.beside) is named


def test_the_case_in_words() -> None:
    operation = Operation("right", ("1", "2"), embolised_segments=("5", "8"), stages=2)
    anatomy = replace(small_liver(), segments=small_segments())
    plan = made(anatomy, id="case-7", operations=(operation,),
                reading=Reading("R1", "verified", "portal venous"))  # fmt: skip
    page = page_of(plan)
    assert page.title == "Liver plan: case-7 · right"
    assert page.case == "CRLM · portal venous · reader R1"
    assert page.status == "masks verified"
    first = lines(as_plan_record(plan))
    assert first["Planned operation"] == "right remnant: segments I, II; FLR after stage 2 of 2"
    assert first["Territory to be embolised"] == "segments V, VIII"


@each_case(
    "status, told_of_it",
    [("draft", "DRAFT, not verified"), ("verified", "verified"), (None, "status not given")],
)
def test_h12_masks_are_called_verified_only_where_they_were(
    status: Literal["draft", "verified"] | None, told_of_it: str
) -> None:
    assert lines(as_plan_record(made(reading=Reading("R1", status))))["Masks"] == told_of_it


def test_h15_damage_not_answered_is_not_known() -> None:
    record = record_of(made())
    names = ("Chemotherapy-associated liver injury", "Underlying liver disease", "Cirrhosis")
    first = lines(read_plan(record))
    assert [first[name] for name in names] == ["not known"] * 3
    record["facts"] |= {"chemo_liver_damage": False, "cirrhosis": True}
    first = lines(read_plan(record))
    assert [first[name] for name in names] == ["no", "not known", "yes"]


def test_h16_the_masks_figure_is_no_calliper() -> None:
    first = lines(as_plan_record(made()))
    assert first["Largest diameter by calliper"] == "not given"
    on_the_mask = "4.2 cm longest axial diameter"  # 3 x 3 cm across corners
    assert first["Largest diameter on the mask"] == on_the_mask


def test_an_embolisation_that_was_done_is_reported_without_an_earlier_scan() -> None:
    done = Embolisation(date(2026, 5, 4), "PVE/HVE", ("5", "8"))
    plan = made(embolisation=done, reading=Reading(scanned_on=date(2026, 5, 25)))
    first = lines(as_plan_record(plan))
    assert first["Embolised territory"] == "segments V, VIII PVE/HVE performed"
    assert first["Days since embolisation"] == "21"
    assert first["Growth"] == "not given"
    dated = "date recorded; shown with an assessment date on or after it"
    assert first["Scan"] == f"{dated}, phase not given"
    before = made(embolisation=done, reading=Reading(scanned_on=date(2026, 5, 4)))
    assert "Days since embolisation" not in lines(as_plan_record(before))
    bare = made(embolisation=structs.replace(done, segments=()))
    assert lines(as_plan_record(bare))["Embolised territory"] == "not given PVE/HVE performed"


@pytest.mark.parametrize("kind", ["ALPPS", "Y90"])
def test_what_is_no_embolisation_is_not_called_one(kind: Literal["ALPPS", "Y90"]) -> None:
    """`clinical.md` 4: ALPPS and Y90 are kinds of their own; day 14 by hand."""
    done = Embolisation(date(2026, 12, 25), kind, ("5", "8"))
    plan = made(embolisation=done, reading=Reading(scanned_on=date(2027, 1, 8)))
    first = lines(as_plan_record(plan))
    assert first["Treated territory"] == f"segments V, VIII {kind} performed"
    assert first[f"Days since {kind}"] == "14"
    assert not [name for name in first if "mbolis" in name and "Radio" not in name]


def test_a_question_is_asked_in_words() -> None:
    record = record_of(made())
    question = {"key": "labs_date", "asked_of": "chart", "criteria": []}
    record["pathway"]["to_ask"] = []
    record["route"]["questions"] = [question]
    first = lines(read_plan(record))
    assert first["Next question"] == "Date of the blood tests (chart)"
    record["route"]["questions"] = [{"asked_of": "tumour board", "criteria": []}]
    first = lines(read_plan(record))
    assert first["Next question"] == "Interpretation to be agreed (tumour board)"


def test_formulas_are_those_of_what_is_reported() -> None:
    record = record_of(made())
    names = [row[0] for row in formula_rows(read_plan(record)).rows]
    rests_on = ["Mask volume", "FLR %", "95 % inter-reader interval", "Lesions", "Diameter"]
    assert names == rests_on
    scores: Record = {name: {} for name in ScoresRecord.__struct_fields__}
    record["scores"] = {**scores, "albi": {"albi": -2.8}, "meld": {"missing": ["inr"]}}
    growth = read_part(GrowthKeys, {"growth": [GROWN]})
    more = [row[0] for row in formula_rows(read_plan(record), growth).rows]
    assert more == [*names, "DH in percentage points", "KGR", "ALBI"]


def doubt(severity: Severity, number: int) -> Finding:
    return Finding(f"doubt.number_{number}", severity, f"doubt {number}")


def first_warning(page: Page) -> Sentences:
    """Give what page 1 says first of the findings."""
    (block,) = (one for one in page.summary if isinstance(one, Sentences) and one.loud)
    return block


def found(*severities: Severity, accepted: str = "") -> PlanRecord:
    """Give a record with findings of these severities, one of them accepted."""
    findings = [doubt(severity, n) for n, severity in enumerate(severities)]
    seen = (Accepted(accepted, "R1", "side checked"),) if accepted else ()
    return read_plan(record_of(made()) | {"findings": as_plain(as_findings(findings, seen))})


@each_case("letters, shown", {"all": (150, 3), "two": (250, 2), "one": (400, 1), "long": (700, 1)})
def test_warnings_on_page_1_are_as_many_as_a_sheet_has_room_for(letters: int, shown: int) -> None:
    record = found(*[Severity.WARNING] * 3)
    long = [structs.replace(one, message="a" * letters) for one in record.findings]
    block = first_warning(make_page(structs.replace(record, findings=tuple(long)), NOTHING))
    told = [one for one in block.sentences if one.startswith("Warning: ")]
    assert len(told) == shown
    assert block.sentences[shown:] == (
        () if shown == 3 else (f"Further findings: {3 - shown}; see Trials, method and sources.",)
    )


ERROR, WARNING = Severity.ERROR, Severity.WARNING


@each_case(
    "severities, told, grave",
    {
        "no error is counted only": (
            (ERROR, WARNING, ERROR), ["Error: doubt 2."], True
        ),
        "an accepted error hides no warning that nobody accepted": (
            (ERROR, WARNING, WARNING), ["Warning: doubt 1.", "Warning: doubt 2."], False
        ),
    },
)  # fmt: skip
def test_h16_no_error_is_counted_only_and_the_accepted_come_last(
    severities: tuple[Severity, ...], told: list[str], grave: bool
) -> None:
    record = found(*severities, accepted="doubt.number_0")
    block = first_warning(make_page(record, NOTHING))
    last = "Error: doubt 0. Accepted by R1: side checked."
    more = ["Further findings: 1; see Trials, method and sources."] if grave else []
    assert [*block.sentences] == [*told, last, *more]
    assert block.grave is grave


def test_h16_an_error_comes_before_the_number_on_page_1() -> None:
    error, warning = found(Severity.ERROR), found(Severity.WARNING)
    assert [one.kind for one in make_page(error, NOTHING).summary][:2] == ["sentences", "lead"]
    assert [one.kind for one in make_page(warning, NOTHING).summary][:2] == ["lead", "answer"]


def test_a_warning_that_touches_the_answer_comes_before_one_that_does_not() -> None:
    findings = [
        Finding("segments.small", Severity.WARNING, "segment III is small"),
        Finding("threshold.by_a_hair", Severity.WARNING, "within 0.1 %"),
    ]
    record = read_plan(record_of(made()) | {"findings": as_plain(as_findings(findings))})
    assert first_warning(make_page(record, NOTHING)).sentences[0] == "Warning: within 0.1 %."


def test_no_code_and_no_option_stands_in_a_sentence() -> None:
    option = Finding("a.b", Severity.WARNING, "give it (--tumour) first; answer prior_pve_hve")
    record = read_plan(record_of(made()) | {"findings": as_plain(as_findings([option]))})
    page = make_page(record, NOTHING, appendix=True)
    every = [text for text in words(as_tree(page)) if " " in text]
    assert not [text for text in every if "--" in text or "(a.b)" in text]
    assert not [text for text in every if "prior_pve_hve" in text]


def test_missing_answers_are_listed_by_whether_one_alone_changes_the_pathway() -> None:
    title = "Missing answers that could change the pathway"
    asked = PathwayQuestions(("prior_pve_hve",), ("flr_function",))
    chapters = make_page(as_plan_record(made()), NOTHING, asked=asked, appendix=True).chapters
    (reasons,) = (one.blocks for one in chapters if one.title.startswith("Reasons"))
    told = {one.title: one.sentences for one in reasons if isinstance(one, Sentences)}
    assert [*map(len, (told[title], told[f"{title} only together with others"]))] == [1, 1]
    assert told[title][0].startswith("PVE and/or HVE, or ALPPS, before this scan")
    assert "function" in told[f"{title} only together with others"][0].lower()
    assert title not in str(make_page(as_plan_record(made()), NOTHING, appendix=True).chapters)


def test_the_warnings_that_matter_stand_on_page_1_and_all_on_page_2() -> None:
    record = found(Severity.INFO, *[Severity.WARNING] * 7)
    page = make_page(record, NOTHING, appendix=True)
    block = first_warning(page)
    told = [f"Warning: doubt {n}." for n in (1, 2, 3)]
    assert block.sentences == (*told, "Further findings: 4; see Trials, method and sources.")
    assert not block.grave
    (table,) = (one for one in page.trials if getattr(one, "title", "") == "Findings")
    assert isinstance(table, RowTable)
    assert [row[2] for row in table.rows] == [f"doubt.number_{n}" for n in range(1, 8)]
    every = find_block(RowTable, page.chapters, "Findings", "Findings")
    assert [row[0] for row in every.rows] == [*["warning"] * 7, "info"]
    none = make_page(found(Severity.INFO), NOTHING).summary
    assert not any(isinstance(one, Sentences) and one.loud for one in none)


@pytest.mark.parametrize(
    ("chance", "words_of_it"),
    [(0.0, "0 %"), (0.004, "< 1 %"), (0.005, "1 %"), (0.494, "49 %"), (0.9999, "99.99 %")],
)
def test_a_chance_is_never_made_sure(chance: float, words_of_it: str) -> None:
    assert as_chance(chance) == words_of_it


def test_files_of_an_earlier_scan_are_in_the_provenance() -> None:
    record = record_of(made())
    file = {"role": "flr", "file": "now.nii", "format": "nifti1", "sha256": "a" * 64}
    then = {"role": "flr", "file": "then.nii", "sha256": "b" * 64}
    record["inputs"] = [file]
    points = [{"number": 1, "files": [then]}, {"number": 2, "files": [file]}]
    growth = read_part(GrowthKeys, {"time_points": points, "growth": [GROWN]})
    chapters = appendix_of(read_plan(record), (), growth)
    assert find_block(RowTable, chapters, "Files", "Sources").rows == (
        ("flr", "now.nii", "nifti1", "a" * 64), ("scan 1: flr", "then.nii", "-", "b" * 64),
    )  # fmt: skip


CLEARANCE = {"shown": "7.88", "pct_per_min": 14.98, "window_s": [150, 350]}
SHARE = {"percent_shown": "37.7", "percent": 37.7, "range_by_shift_percent": [34.6, 39.2]}
GROWN = {
    "days": 21, "from_scan": 1, "to_scan": 2, "points": 9.46, "points_interval": [4.21, 14.7],
    "relative_percent": 31.54,
    "gain_ml": 141.2, "within_reading_error": False, "kgr_shown": "3.2",
    "kgr_interval": [1.4, 4.9], "kgr_below_2": False,
}  # fmt: skip


BY_SIZE = {
    "kgr_shown": "2.1",
    "kgr_of_standard_points_per_week": 1.94,
    "kgr_of_standard_interval": [0.38, 3.5],
    "kgr_of_standard_below_2": True,
}


def growth_of(**changed: Any) -> dict[str, str]:
    """Give the card of growth by its names; None takes an entry away."""
    latest = {key: entry for key, entry in (GROWN | changed).items() if entry is not None}
    card = growth_card(PLAIN, read_part(GrowthKeys, {"growth": [{"days": 7}, latest]}))
    return {line.name: f"{line.value} {line.beside}".strip() for line in card.lines}


def test_growth_up_to_this_scan_by_its_names() -> None:
    assert growth_of() == {
        "Days since embolisation": "21",
        "Hypertrophy (DH)": "9.5 percentage points with the baseline liver as denominator; "
        "95 % inter-reader interval: 4.2 to 14.7",
        "Relative growth": "31.5 % of the FLR at baseline, 141 mL",
        "Growth rate (KGR)": "3.2 percentage points per week "
        "with the baseline liver as denominator; 95 % inter-reader interval: 1.4 to 4.9",
    }
    slow = growth_of(within_reading_error=True, kgr_below_2=True)
    assert slow["Hypertrophy (DH)"].endswith("; within the reading error")
    assert slow["Growth rate (KGR)"].endswith("1.4 to 4.9; below 2 percentage points per week")
    bare = growth_of(days=None, **dict.fromkeys(key for key in GROWN if key.startswith("kgr")))
    assert bare["Days since embolisation"] == "embolisation date not given"
    assert bare["Growth rate (KGR)"].startswith("not given")


def test_h03_the_rate_of_the_standardised_flr_comes_first() -> None:
    """`clinical.md` 4: with height and weight the sFLR rate stands first; each has its divisor."""
    rates = {key: text for key, text in growth_of(**BY_SIZE).items() if "KGR" in key}
    assert [*rates] == ["Growth rate (KGR, sFLR)", "Growth rate (KGR)"]
    assert rates["Growth rate (KGR, sFLR)"] == (
        "1.9 percentage points per week with the liver volume estimated from body size as "
        "denominator; 95 % inter-reader interval: 0.3 to 3.5; below 2 percentage points per week"
    )
    assert rates["Growth rate (KGR)"].startswith(
        "2.1 percentage points per week with the baseline liver as denominator; 95 %"
    )
    assert "below 2" not in rates["Growth rate (KGR)"]
    nearly = growth_of(**BY_SIZE | {"kgr_of_standard_points_per_week": 1.96})  # not 2.0
    assert nearly["Growth rate (KGR, sFLR)"].startswith("1.96 percentage points per week")


def test_h03_the_growth_page_states_a_rate_below_2_as_the_card_does() -> None:
    entry = GROWN | BY_SIZE | {"points_anew": 9.0}
    whole = {"whole": "non-tumorous liver", "ml": 1000.0}
    told = {"growth": [entry], "denominator": whole, "time_points": [], "footnotes": []}
    [growth] = [
        one for one in growth_blocks(read_part(GrowthKeys, told), "") if isinstance(one, Sentences)
    ]
    [rate] = [line for line in growth.sentences if line.startswith("Kinetic")]
    assert "0.3 to 3.5; below 2 percentage points per week); 2.1 " in rate
    assert rate.endswith("1.4 to 4.9).")


def first_card(record: PlanRecord, growth: GrowthKeys | None = None) -> dict[str, str]:
    """Give the card of growth, function and dose on the first page by its names, empty if none."""
    pairs = [block for block in make_page(record, NOTHING, growth).summary if
             isinstance(block, Columns)]  # fmt: skip
    every = [block for pair in pairs for column in pair.columns for block in column]
    cards = [block for block in every if isinstance(block, Card)]
    return {
        line.name: f"{line.value} {line.beside}".strip()
        for card in cards
        if card.title == "Growth, function and dose"
        for line in card.lines
    }


def test_growth_function_and_dose_are_on_the_first_page_in_the_words_of_all_values() -> None:
    """`clinical.md` 4: a rate below 2 points per week; 7.3: a lung shunt names its method."""
    assert first_card(PLAIN) == {}
    record = record_of(made())
    computed = {"lung_shunt": {"shown": "0.190", "method": "planar"}, "usable": True}
    record["function"] = {"shown": "1.9", "origin": "given"}
    record["dose"] = {"shown": "18.2", "origin": "computed", "computed": computed}
    scans = {"time_points": [], "footnotes": [], "denominator": {"ml": 1380.0, "of_scan": 1}}
    latest = GROWN | BY_SIZE | {"points_anew": 9.0}
    told = first_card(read_plan(record), read_part(GrowthKeys, scans | {"growth": [latest]}))
    assert told["Growth rate (KGR, sFLR)"].endswith("below 2 percentage points per week")
    assert (told["FLR function"], told["Lung dose at a tumour dose of 150 Gy"]) == (
        "1.9 %/min/m² as entered", "18.2 Gy computed",
    )  # fmt: skip
    assert told["Lung shunt"] == "0.190 of the activity planar scintigraphy"
    card = growth_of(**BY_SIZE)
    assert {key: told[key] for key in card if key in told} == {
        key: text for key, text in card.items() if key not in ("Days since embolisation",
                                                               "Relative growth")
    }  # fmt: skip


def scan(*files: tuple[str, str]) -> ScanRecord:
    """Tell a scan that rests on these files, by role and hash."""
    return ScanRecord(
        number=1, days=0, baseline=True, origin="drawn", segments=(), flr_ml=300.0,
        flr_interval_ml=(270.0, 330.0), cv=0.05, nontumorous_ml=1500.0,
        flr_percent_fixed=20.0, flr_percent_fixed_shown="20.0",
        flr_percent_anew=20.0, flr_percent_anew_shown="20.0", stale=False,
        files=tuple(ScanFileRecord(role=role, file="a.nii", sha256=sha) for role, sha in files),
    )  # fmt: skip


def growth_record(*scans: ScanRecord, findings: tuple[FindingRecord, ...] = ()) -> GrowthRecord:
    """Tell a story of these scans."""
    story = GrowthKeys(
        denominator=FixedDenominatorRecord(ml=1500.0, of_scan=1), time_points=scans,
        growth=(), between_scans=(), footnotes=(), endpoints=EndpointKeys(),
    )  # fmt: skip
    return GrowthRecord(refusal=None, inputs=(), story=story, findings=findings)


def test_growth_belongs_to_the_latest_scan() -> None:
    seen, new = (
        FindingRecord(code=f"growth.{name}", severity="warning", message="look", file=None)
        for name in ("stale", "shrank")
    )
    case = InputRecord(role="case", file="a.toml", format="toml", sha256="a")
    record = structs.replace(PLAIN, inputs=(case,), findings=(seen,))
    earlier, latest = scan(), scan(("case", "a"), ("flr", "b"))
    joined = with_growth(record, growth_record(earlier, latest, findings=(seen, new)))
    assert joined.findings == (seen, new)
    with refuses("report.not_latest"):
        with_growth(record, growth_record(latest, earlier))


def test_what_a_remnant_lacks_to_a_limit() -> None:
    gains = {"growth_needed_ml": {"total_held": 0.59, "rest_held": 0.84}}
    told = needed(read_part(ThresholdRecord, gains))
    assert told == (
        "FLR gain required: 0.59 mL if the total liver volume does not change, 0.84 mL if the rest "
        "of the liver does not change"
    )
    assert needed(read_part(ThresholdRecord, {})) == ""
    assert phrases.against(read_part(ThresholdRecord, {"answer": "at"})) == "exactly at the limit"


RATIO = {"shown": "3.2", "origin": "given"}
SHUNT = {"shown": "0.045", "method": "planar"}


@each_case("dose, told_of_it", [
    ({"shown": "8.4", "origin": "given"}, "8.4 Gy as entered"),
    ({"shown": "8.4", "origin": "computed", "computed": {"usable": True}}, "8.4 Gy computed"),
    ({"shown": "8.4", "origin": "computed", "computed": {"usable": False}},
     "8.4 Gy DO NOT USE: see the findings"),
    ({"computed": {"most_lung_shown": "20.3", "usable": True}},
     "not known at most 20.3 Gy if tumour uptake is not below liver uptake; the "
     "tumour-to-normal ratio is missing"),
    ({"computed": {"usable": True, "tumour_to_normal": RATIO}},
     "not known the lung shunt is missing"),
    # a shunt is known, but not that of the chosen study
    ({"computed": {"usable": True, "other_lung_shunts": [{"shown": "0.045"}]}}, "not given"),
    ({}, "not given"),
])  # fmt: skip
def test_a_lung_dose_in_words(dose: Record, told_of_it: str) -> None:
    card = radioembolisation_card(structs.replace(PLAIN, dose=read_part(LungDoseRecord, dose)))
    line = card.lines[1]
    assert f"{line.value} {line.beside}".strip() == told_of_it


def test_a_shunt_states_its_method() -> None:
    told = read_part(LungDoseRecord, {"computed": {"lung_shunt": SHUNT, "usable": True}})
    line = radioembolisation_card(structs.replace(PLAIN, dose=told)).lines[2]
    assert (line.value, line.beside) == ("0.045 of the activity", "planar scintigraphy")


@each_case("origin, usable, beside", [
    ("measured", True, "planar scintigraphy"),
    ("measured", False, "DO NOT USE: see the findings"),
    # an entered shunt does not depend on the counts or masks with the error
    ("given", False, "planar scintigraphy"),
])  # fmt: skip
def test_a_shunt_measured_from_counts_with_an_error_is_not_to_be_used(
    origin: str, usable: bool, beside: str
) -> None:
    """Mirrored MAA counts: the lung dose is not answered, and the shunt is of the same counts."""
    computed = {"lung_shunt": SHUNT | {"origin": origin}, "usable": usable}
    told = read_part(LungDoseRecord, {"computed": computed})
    record = structs.replace(PLAIN, dose=told)
    assert radioembolisation_card(record).lines[2].beside == beside
    assert first_card(record)["Lung shunt"] == f"0.045 of the activity {beside}"


def test_a_shunt_and_a_ratio_of_the_same_counts_are_marked_among_all_values() -> None:
    """An error of SPECT and masks: what was measured is marked, and what was entered is not."""
    for shunt, ratio in (("spect_ct", "given"), ("given", "spect_ct"), ("planar", "spect_ct")):
        for usable in (True, False):
            known = {"lung_shunt": SHUNT | {"origin": shunt}, "usable": usable}
            known["tumour_to_normal"] = {"shown": "2.4", "origin": ratio}
            told = read_part(LungDoseRecord, {"computed": known})
            record = structs.replace(PLAIN, dose=told)
            blocks = [one for one in measurements(record, None, {}) if isinstance(one, Sentences)]
            [of_dose] = [one for one in blocks if one.title == "Radioembolisation dose"]
            marks = ["" if usable or one == "given" else " (DO NOT USE: see the findings)"
                     for one in (shunt, ratio)]  # fmt: skip
            stated = f"Lung shunt 0.045{marks[0]}; tumour-to-normal ratio 2.4{marks[1]}."
            assert of_dose.sentences == (stated,)


def test_a_function_that_is_not_to_be_used_states_this() -> None:
    record = record_of(made())
    measured = {"flr_shown": "2.97", "usable": False, "validated_locally": "not said",
                "clearance": CLEARANCE, "share": SHARE}  # fmt: skip
    record["function"] = {"measured": measured}
    first = lines(read_plan(record))
    assert first["FLR function"] == "2.97 %/min/m\u00b2 DO NOT USE: see the findings"
    assert (
        first["Mebrofenin uptake, whole liver"]
        == "7.88 %/min/m\u00b2 validated locally: not stated"
    )
    assert first["FLR share of counts"] == "37.7 % of the counts"
    record["function"] = {"shown": "2.9", "origin": "given", "measured": measured}
    assert lines(read_plan(record))["FLR function"] == "2.9 %/min/m\u00b2 as entered"


def test_the_range_of_a_share_has_the_digits_of_the_terminal() -> None:
    """30.04 rounded down to 30.0 would no longer be above the published 30 %."""
    record, share = record_of(made()), SHARE | {"range_by_shift_percent": [30.04, 39.2]}
    record["function"] = {"measured": {"usable": True, "share": share}}
    blocks = measurements(read_plan(record), None, {})
    assert "30.04 to 39.20 % with masks moved by up to 2 cm" in " ".join(map(str, blocks))


@each_case("days, words_of_it", [
    (12, "12 days apart, CT first"),
    (-1, "1 day apart, scintigraphy first"),
    (0, "on the same day"),
    (None, "not given both dates are required"),
])  # fmt: skip
def test_h16_days_between_ct_and_scintigraphy(days: int | None, words_of_it: str) -> None:
    record = record_of(made())
    record["function"] = {"shown": "2.9", "origin": "given"}
    if days is not None:
        record["function"]["ct_to_scintigraphy_days"] = days
    assert lines(read_plan(record))["Dates of CT and scintigraphy"] == words_of_it


def test_the_answer_that_ends_first_and_the_question_that_settles_most() -> None:
    record = record_of(made())
    criterion = {**record["trials"][0]["criteria"][0], "holds_days": 9.0, "id": "I9"}
    trial = {**record["trials"][0], "failed": [], "criteria": [criterion], "reach": "open"}
    lost = {**trial, "failed": ["I1"], "criteria": [{**criterion, "holds_days": 2.0}]}
    record["trials"] = [trial, {**lost, "name": "Lost"}]
    record["pathway"]["to_ask"], record["route"]["questions"] = [], []
    first = lines(read_plan(record))
    assert first["First result to expire"] == f"in 9 days DRAGON 2 I9: {criterion['says']}"
    assert first["DRAGON 2"].endswith("recruiting here; " + first["DRAGON 2"].split("; ", 1)[1])
    assert first["Next question"] == "none"


def test_chapters_hold_resections_lesions_trials_and_provenance() -> None:
    anatomy = replace(WHOLE, segments=small_segments(), treated=TREATED)
    file = {"role": "liver", "file": "liver.nii.gz", "format": "nifti1", "sha256": "a" * 64}
    record = read_plan(record_of(made(anatomy)) | {"inputs": [file]})
    page = make_page(record, NOTHING, appendix=True)
    assert [chapter.title for chapter in page.chapters] == [
        "Resections and plans", "Lesions and segments", "Trial criteria",
        "Reasons, and what would change the result", "Findings", "Sources",
    ]  # fmt: skip
    text = "\n".join(words(as_tree(page)["chapters"]))
    assert "a" * 64 in text
    for trial in as_record(made(anatomy))["trials"]:
        told = trial["applies"]  # one for another diagnosis is one line
        assert trial["name"] in text
        assert (trial["source"] in text) is told
        assert all(criterion["says"] in text for criterion in trial["criteria"] if told)


def test_h16_lesions_not_listed_on_the_first_page_are_all_on_page_3() -> None:
    record = record_of(made())
    (lesion,) = record["lesions"]
    numbers = range(1, 12)
    record["lesions"] = [lesion | {"number": number} for number in numbers]
    page = make_page(read_plan(record), NOTHING)
    first, third = ([*words(as_tree(part))] for part in (page.summary, page.values))
    assert "Lesions not shown: 3; see All values." in first
    for number in numbers:
        assert (f"L{number}" in first) is (number <= 8)
        assert f"L{number}" in third


def test_h16_lesions_not_drawn_are_not_stated_to_be_none() -> None:
    plan = made(replace(WHOLE, tumour=None), operations=(Operation("a"), Operation("b", ("1",))))
    record = record_of(plan)
    assert "lesions" not in record["case"]["plan"]
    page = make_page(read_plan(record), NOTHING, appendix=True)
    assert lines(read_plan(record))["Remaining in the FLR"] == "not given"
    table = find_block(RowTable, page.chapters, "Comparison of plans")
    assert [row[4] for row in table.rows] == ["not known"]
    assert (
        lines(as_plan_record(made(replace(WHOLE, tumour=NO_TUMOUR))))["Remaining in the FLR"]
        == "none"
    )


def test_h16_what_clearing_costs_is_not_reported_of_lesions_not_drawn() -> None:
    for tumour, known in ((None, False), (NO_TUMOUR, True)):
        record = record_of(made(replace(WHOLE, segments=small_segments(), tumour=tumour)))
        chapters = appendix_of(read_plan(record), ())
        table = find_block(RowTable, chapters, "Resections by whole segments")
        flr, after = table.head.index("FLR %"), table.head.index("% +10 mm")
        assert table.rows
        for row in table.rows:
            assert row[after] == (row[flr] if known else "-")
        says = "+10 mm: FLR after clearing lesions that would remain; there are no lesions."
        assert (says in table.beside) is known


def test_lesions_of_an_earlier_scan_that_are_gone_are_there() -> None:
    record = record_of(made())
    record["baseline_lesions"] = [
        {"number": 2, "seen_now": False, "clears_with": ["8"], "volume_ml": 1.2},
        {"number": 3, "seen_now": True, "clears_with": []},
    ]
    lengths = {"before_ml": 1.0, "after_ml": 2.0, "cut_off_ml": 0.0, "error_ml": 0.5}
    record["resampled"] = [{"name": "flr", "file": "flr.nii", **lengths}]
    record["label_map"] = {"file": "map.nii", "labels": {"1": "liver"}}
    chapters = appendix_of(read_plan(record), ())
    table = find_block(RowTable, chapters, "Lesions on the previous scan")
    assert table.rows == (("2", "NO", "VIII", "1.2 mL"), ("3", "yes", "no segment", "-"))
    assert table.beside == ()
    assert find_block(RowTable, chapters, "Label map map.nii").rows
    told = find_block(Sentences, chapters, "Resampled masks").sentences
    assert told == ("flr.nii: 1.0 mL before and 2.0 mL after resampling; error up to 0.50 mL.",)


def test_h02_lesions_of_an_earlier_scan_are_marked_with_a_map_or_lesions_in_doubt() -> None:
    """Of a mirrored map, the segment of a lesion that is no longer visible is another one."""
    for number in ("segments", "lesions", "volumes"):
        record = record_of(made())
        record["withdrawn"] = [{"number": number, "codes": ["segments.side"], "why": "mirrored"}]
        record["baseline_lesions"] = [{"number": 2, "seen_now": False, "clears_with": ["8"]}]
        chapters = appendix_of(read_plan(record), ())
        table = find_block(RowTable, chapters, "Lesions on the previous scan")
        assert [line.startswith("DO NOT USE") for line in table.beside] == [True]


def test_h16_shares_not_to_be_used_are_marked_among_facts_and_sources() -> None:
    """9 of 27 mL of tumour are outside the area, and 600 of 1473 mL are spared [RESCUE E2]."""
    narrow = TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out")
    for treated, mark in ((narrow, "DO NOT USE: see the findings"), (TREATED, "")):
        plan = made(replace(WHOLE, treated=treated), diagnosis="hcc")
        chapters = appendix_of(as_plan_record(plan), ())
        facts = find_block(RowTable, chapters, "Facts used")
        assert facts.beside == ((f"Untreated liver: {mark}",) if mark else ())
        share = ("Non-tumorous liver outside the treated area", "40.7 %")
        assert share in facts.rows  # 600 / 1473; as elsewhere, not with nine digits
        rows = find_block(RowTable, chapters, "Basis of the numbers").rows
        sources = {row[0]: row[1] for row in rows}
        counts = "600 of 1473 voxels"
        assert sources["untreated liver: share"] == (f"{counts}; {mark}" if mark else counts)
        assert sources["FLR: share"].endswith("of 1473 voxels")


def test_near_misses_are_those_that_can_change_by_the_value_in_the_way() -> None:
    record = bundled("crlm", "--json").record
    assert {trial["name"] for trial in record["trials"] if not trial["applies"]} == {"RESCUE"}
    page = make_page(read_plan(record), NOTHING, appendix=True)
    title = "Excluded by only one or two criteria whose answers may change"
    near = find_block(Sentences, page.chapters, title, "Trial criteria")
    wanted = [
        f"{trial['name']} {one['id']}: {one['in_the_way']}"
        for trial in record["trials"]
        if trial["applies"] and 0 < len(trial["failed"]) <= 2
        for one in trial["criteria"]
        if one["id"] in trial["failed"] and one["changes"] != "permanent"
    ]
    assert [text.split(" (")[0] for text in near.sentences] == [
        text.split(" (")[0] for text in wanted
    ]


def test_h08_a_value_that_excludes_states_whether_it_was_required_or_excluded() -> None:
    """NCT06449937: extrahepatic disease "confirmed" is required (I4), "none" excludes (E1)."""
    record = bundled("crlm", "--json").record
    [trial] = [one for one in record["trials"] if one["id"] == "NCT06449937"]
    answers = {one["id"]: one for one in trial["criteria"]}
    assert answers["I4"]["answer"] == "not_met"
    answers["E1"] |= {"answer": "met", "in_the_way": "extrahepatic disease: none"}
    table = trial_lines(read_plan(record).judged)
    [row] = [row for row in table.rows if "NCT06449937" in row[0]]
    assert row[-1].startswith("not met: extrahepatic disease: none (criterion: confirmed)")
    assert "; applies: extrahepatic disease: none" in row[-1]


def test_a_row_has_as_many_entries_as_the_head() -> None:
    with pytest.raises(ValueError, match="does not have 2 entries"):
        RowTable("Files", ("a", "b"), (("1",),))


def test_what_is_empty_is_left_out() -> None:
    empty = (RowTable("a", ("b",), ()), Sentences("c", ()), Card("d", ()))
    shown = Shown("cuts.png", "cuts")
    assert filled((*empty, shown)) == (shown,)
    assert filled((Cards(()),)) == (Cards(()),)


class Texts(HTMLParser):
    """Reads a page as a browser does: its texts, and the names of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[str] = []
        self.attributes: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the name and the attributes."""
        self.elements.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data)


@pytest.fixture(scope="module")
def whole() -> tuple[Page, Pictures]:
    """Make a report with pictures, of a case whose every name is hostile."""
    plan = made(
        replace(WHOLE, segments=small_segments()), id=HOSTILE,
        operations=(Operation(HOSTILE),), reading=Reading(HOSTILE, "draft", HOSTILE),
    )  # fmt: skip
    findings = [Finding("doubt.one", Severity.ERROR, HOSTILE, HOSTILE)]
    file = {"role": "liver", "file": HOSTILE, "format": "nifti1", "sha256": "b" * 64}
    accepted = (Accepted("doubt.one", HOSTILE, HOSTILE),)
    told = as_record(plan) | {"findings": as_plain(as_findings(findings, accepted))}
    record = read_plan(told | {"inputs": [file]})
    pictures = draw_report(plan, record, Print(dpi=50), appendix=True)
    return make_page(record, pictures, appendix=True), pictures


@pytest.fixture
def reader(whole: tuple[Page, Pictures]) -> Texts:
    """Read it as a browser does."""
    texts = Texts()
    texts.feed(as_html(whole[0], whole[1].files).decode())
    return texts


@pytest.mark.slow
def test_hostile_names_are_words_in_html(reader: Texts) -> None:
    assert "script" not in reader.elements
    assert not [name for name in reader.attributes if name.startswith("on")]
    text = " ".join(" ".join(reader.texts).split())
    assert '<script>alert("1")</script>' in text
    assert "\x1b" not in text  # what a terminal would obey


def test_html_states_all_that_the_page_states(whole: tuple[Page, Pictures], reader: Texts) -> None:
    said = {" ".join(text.split()) for text in (*reader.texts, *reader.attributes["alt"])}
    every = " ".join(sorted(said))
    for text in words(as_tree(whole[0])):
        assert " ".join(text.split()) in every


def test_html_asks_nothing_of_a_network(reader: Texts) -> None:
    assert {"link", "iframe", "object", "script", "a"}.isdisjoint(reader.elements)
    assert all(source.startswith("data:image/") for source in reader.attributes["src"])
    assert len(reader.attributes["alt"]) == len(reader.attributes["src"])
    assert all(reader.attributes["alt"])
    (policy,) = (one for one in reader.attributes["content"] if "default-src" in one)
    assert "default-src 'none'" in policy


@pytest.mark.slow
def test_the_same_bytes_again(whole: tuple[Page, Pictures]) -> None:
    page, pictures = whole
    assert as_html(page, pictures.files) == as_html(page, pictures.files)
    first = as_pdf(page, pictures.files)
    assert first.startswith(b"%PDF-")
    assert first == as_pdf(page, pictures.files)
    assert b"CreationDate" not in first


@pytest.mark.essential
@pytest.mark.slow
def test_a_pdf_of_either_paper(whole: tuple[Page, Pictures]) -> None:
    page, pictures = whole
    a4, letter = (as_pdf(page, pictures.files, paper) for paper in ("a4", "letter"))
    assert b"595.27" in a4  # 210 mm in points
    assert b"612 792" in letter


def read_pdf(page: Page, pictures: Pictures, folder: Path) -> str:
    """Give the words of a page as PDF, a blank between them."""
    folder.joinpath("report.pdf").write_bytes(as_pdf(page, pictures.files))
    command = ["pdftotext", str(folder / "report.pdf"), "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return " ".join(told.replace("\u00a0", " ").split())


def test_a_template_is_typeset_and_its_addresses_are_not() -> None:
    text = b"<a href={{ picture }}>{{ words }}</a> {{ number }} {{ style | length > 0 }}"
    picture = "data:image/png;base64,-1 mm"
    made = fill_template(text.decode(), words="-1 mm, 2026-03-01", picture=picture, number=-1)
    expected = "<a href=data:image/png;base64,-1 mm>\u22121\u00a0mm, 2026-03-01</a> -1 True"
    assert made.decode("utf-8") == expected


@needs_poppler
def test_negative_numbers_have_a_minus_sign_in_html_and_pdf(
    whole: tuple[Page, Pictures], tmp_path: Path
) -> None:
    page, pictures = whole
    negative = replace(page, notice="Changed by -0.69 mm (49 %)")
    text = as_html(negative, pictures.files).decode()
    assert "Changed by \u22120.69\u00a0mm (49\u00a0%)" in text
    assert "Changed by \u22120.69 mm (49 %)" in read_pdf(negative, pictures, tmp_path)


@needs_poppler
def test_a_pdf_reads_in_order_name_by_value(whole: tuple[Page, Pictures], tmp_path: Path) -> None:
    text = read_pdf(*whole, tmp_path)
    places = [text.find(words) for words in (
        "20.4 %", "300 mL of 1473 mL non-tumorous liver", "Volume-based pathway",
        "Look at this first", "Operation", "b" * 64, "Whole liver (TLV): 1500 mL",
        "Resections by whole segments", "Reasons", "Contact sheet",
    )]  # fmt: skip
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.slow
@needs_poppler
def test_a_letter_that_the_pdf_lacks_is_its_escape(
    whole: tuple[Page, Pictures], tmp_path: Path
) -> None:
    """Neither a box nor a question mark: an id of another letter would look the same."""
    page = replace(whole[0], title="Płaszcz 病例 🫀 e\u0301 \udcff")
    assert r"Płaszcz \u75c5\u4f8b \U0001fac0 é \udcff" in read_pdf(page, whole[1], tmp_path)


def test_pictures_state_in_words_what_they_show(whole: tuple[Page, Pictures]) -> None:
    _, pictures = whole
    assert {*pictures.files} == {
        "best.png", "front.png", "cuts.png", "contact_sheet.png", "surface.png"
    }  # fmt: skip
    (row,) = (one for one in whole[0].summary if isinstance(one, SideBySide))
    best, front = (one.says for one in row.shown)
    assert best.startswith("Axial, ")
    assert "future liver remnant (FLR), as drawn" in best
    assert best.endswith("Lesions in this section: L1.")
    assert "the patient's right on the left" in front


@pytest.mark.parametrize("tumour", [27.0, 0.0, None])
def test_only_where_a_tumour_is_its_surface_is_reported_of(tumour: float | None) -> None:
    ml = structs.replace(PLAIN.volumes.volumes_ml, tumour=tumour)
    volumes = structs.replace(PLAIN.volumes, volumes_ml=ml)
    note = _surface_note(structs.replace(PLAIN, volumes=volumes))
    assert note.endswith(
        "Structures other than tumour are transparent." if tumour else "Structures are transparent."
    )


def test_page_1_without_pictures_is_whole() -> None:
    record = read_plan(record_of(made()))
    first = make_page(record, NOTHING).summary
    assert [one.kind for one in first] == ["lead", "answer", "sentences", "columns"]
