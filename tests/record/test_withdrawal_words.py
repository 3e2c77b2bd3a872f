"""Every output shows a number under an error as not to be used, and answers nothing by it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from msgspec import structs
from rich.console import Group

from fl_planner.basis.findings import Finding, Severity
from fl_planner.export.fhir.bundle import as_bundle, find_faults
from fl_planner.planning.given.case import Accepted, Embolisation, InputFile, Operation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import measure_growth
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.dose import as_dose_record
from fl_planner.record.function import ScintigraphyRecord
from fl_planner.record.growth import GrowthRecord, as_growth
from fl_planner.record.head import SEE, Record, WithdrawnRecord, mark_measured, warn
from fl_planner.record.plan import ClearingRecord, as_plan_record, as_record
from fl_planner.record.resections import as_resections_record
from fl_planner.record.volumes import as_volume_record
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Card, RowTable, Sentences
from fl_planner.report.document.flr_lead import list_leads
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.growth import growth_blocks, growth_card
from fl_planner.report.page.render import draw_pictures, draw_report
from fl_planner.report.page.values import value_blocks
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.figure import draw_contact_sheet, draw_cuts
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.report.terminal.anatomy import resection_table
from fl_planner.report.terminal.growth import growth_table
from fl_planner.report.terminal.measurements import dose_table, function_rows
from fl_planner.report.terminal.plan import plan_table
from fl_planner.report.terminal.table import volume_table
from fl_planner.trials.statements import Amount, Stated
from tests.masks import liver_part, moved, small_segments
from tests.record.planned import TREATED, WHOLE, flat, made, read_part, read_plan, shown
from tests.record.schemas import require_valid
from tests.y90.studies import ANATOMY as TREATED_LIVER
from tests.y90.studies import GIVEN as DOSE

WHY = "the remnant is on the opposite side to its segments"
ERROR = Finding("remnant.side", Severity.ERROR, "is it mirrored?", "flr.nii.gz")
WARNING = Finding("a.b", Severity.WARNING, "look")
MAPPED = replace(WHOLE, segments=small_segments())
FLR = "FLR of the non-tumorous liver: 20.4 %"
KINDS = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}


def wrong(anatomy: Any = MAPPED, **entries: Any) -> Plan:
    """Plan a case whose remnant is mirrored; a warning came before that was found."""
    return made(anatomy, findings=(WARNING, ERROR), **entries)


@pytest.fixture(scope="module")
def record() -> Record:
    """Tell such a plan."""
    told: Record = require_valid(as_record(wrong(**KINDS)))
    return told


def card(record: Record, title: str) -> dict[str, tuple[str, str]]:
    """Give the lines of a card of the first page."""
    cards = [
        c for b in value_blocks(read_plan(record), None) if hasattr(b, "cards") for c in b.cards
    ]
    cards += [block for block in value_blocks(read_plan(record), None) if isinstance(block, Card)]
    (found,) = (one for one in cards if one.title == title)
    return {line.name: (line.value, line.beside) for line in found.lines}


def test_json_shows_the_number_and_names_it_as_withdrawn(record: Record) -> None:
    assert record["flr_percent"] == pytest.approx(100 * 300 / 1473)
    assert {one["number"]: one["codes"] for one in record["withdrawn"]} == {
        "flr": ["remnant.side"], "segments": ["remnant.side"], "resections": ["remnant.side"],
    }  # fmt: skip
    assert record["thresholds"] == []
    assert record["pathway"]["name"] == "not_answered"
    assert "resections_for_discussion" not in record
    assert all(row["thresholds"] == [] for row in record["resections"])
    assert record["findings"][0]["code"] == "remnant.side"
    assert "withdrawn" not in as_record(made(MAPPED))


def test_h16_the_evidence_of_a_criterion_states_why_it_is_unknown(record: Record) -> None:
    (dragon,) = (one for one in record["trials"] if one["name"] == "DRAGON 2")
    first = next(one for one in dragon["criteria"] if one["id"] == "I1")
    assert first["answer"] == "unknown"
    assert f"FLR must not be used: {WHY}" in first["evidence"]


def test_h16_volume_marks_the_share() -> None:
    plan = wrong()
    told = flat(shown(volume_table(as_volume_record(plan.case, plan.measured, ()))))
    assert f"{FLR} - {SEE}" in told
    assert f"(FLR) in the non-tumorous liver 300 300 {SEE}" in told
    clean = made(MAPPED)
    assert SEE not in shown(volume_table(as_volume_record(clean.case, clean.measured, ())))


def test_h16_a_plans_table_opens_with_not_answered(record: Record) -> None:
    told = flat(shown(plan_table(read_plan(record))))
    assert told.startswith("CRLM Look at this first error: is it mirrored?")
    assert f"Not answered: {WHY}" in told
    assert f"{FLR} - {SEE}" in told
    assert f"Limits on the FLR not answered: {WHY}" in told
    assert told.index("error: is it mirrored?") < told.index("warning: look")
    assert "FLR augmentation" not in told.lower()
    assert "smallest that leaves no lesion" not in told


def test_the_interval_of_a_share_under_an_error_is_marked(record: Record) -> None:
    told = flat(shown(plan_table(read_plan(record), verbose=True)))
    line = "FLR: 95 % inter-reader interval: "
    assert told.count(line) == 1
    assert f" % - {SEE}" in told.partition(line)[2][: len("00.0 to 00.0 % - ") + len(SEE)]
    told = flat(shown(plan_table(read_plan(as_record(made(MAPPED))), verbose=True)))
    assert told.count(line) == 1
    assert SEE not in told


def test_h16_each_share_of_the_body_is_marked(record: Record) -> None:
    told = flat(shown(plan_table(read_plan(record), verbose=True)))
    for line in ("by nine formulas", "FLR-to-body-weight ratio 0.38 %"):
        assert told.count(line) == told.count(f"{line} - {SEE}") == 1


def test_h16_the_congested_part_of_a_withdrawn_flr_is_marked() -> None:
    """100 of the 300 mL are congested."""
    congested = liver_part([[1, 2, 1, 11, 1, 11]], "congested")
    plan = wrong(replace(MAPPED, excluded=(congested,)))
    told = flat(shown(volume_table(as_volume_record(plan.case, plan.measured, ()))))
    assert f"deducted from the FLR 100 100 {SEE}" in told
    assert f"congested part of the liver 100 100 {SEE}" not in told


def test_h16_resections_are_marked() -> None:
    plan = wrong()
    told = shown(resection_table(as_resections_record(plan, plan.resections[:2])))
    assert f"Resections by whole segments\n  {SEE}" in told
    clean = made(MAPPED)
    assert SEE not in shown(resection_table(as_resections_record(clean, clean.resections[:2])))


@pytest.mark.parametrize("origin", ["measured", None])
def test_a_value_measured_from_counts_with_an_error_is_marked(origin: str | None) -> None:
    assert mark_measured(origin, usable=False) == SEE
    assert mark_measured(origin, usable=True) == mark_measured("given", usable=False) == ""


def test_h16_the_picture_states_not_answered(record: Record) -> None:
    picture = as_picture(wrong(**KINDS), read_plan(record))
    lines = dict(picture.numbers)
    assert lines["Volume-based pathway"] == f"not answered: {WHY}"
    assert lines["FLR"].endswith(SEE)
    assert lines["Whole liver (TLV)"] == "1500 mL"
    assert picture.findings[0].code == "remnant.side"
    assert picture.not_to_use == f"DO NOT USE these numbers: {WHY}"


FORM = Print("svg", 50)


@pytest.mark.slow
def test_h16_cuts_and_contact_sheet_of_a_report_bear_the_warning(record: Record) -> None:
    pictures = draw_report(wrong(**KINDS), read_plan(record), FORM, appendix=True)
    shown = (*pictures.sheet, *pictures.summary[0].shown)
    assert all(any("DO NOT USE" in note for note in one.loud) for one in shown)


@pytest.mark.slow
def test_h16_the_warning_is_above_the_cuts(record: Record) -> None:
    require_above(draw_cuts, record)


@pytest.mark.slow
def test_h16_the_warning_is_above_the_contact_sheet(record: Record) -> None:
    require_above(draw_contact_sheet, record)


def require_above(draw: Callable[[Picture, Print], tuple[bytes, object]], record: Record) -> None:
    picture = replace(as_picture(wrong(**KINDS), read_plan(record)), stamp=None)  # as on a page
    bare = replace(picture, not_to_use="")
    high = [_height(draw(one, FORM)[0]) for one in (picture, bare)]
    assert high[0] > high[1]


@pytest.mark.slow
def test_h16_a_share_under_an_error_is_drawn_without_a_limit(record: Record) -> None:
    plan, clean = wrong(**KINDS), made(MAPPED, **KINDS)
    assert "interval_flr.svg" not in draw_pictures(plan, read_plan(record), FORM)
    assert "interval_flr.svg" in draw_pictures(clean, as_plan_record(clean), FORM)


def _height(svg: bytes) -> float:
    head = svg.decode().partition('height="')[2]
    return float(head.partition("pt")[0])


def test_h16_the_first_page_states_not_answered_and_marks_the_share(record: Record) -> None:
    first = value_blocks(read_plan(record), None)[0]
    assert isinstance(first, Sentences)
    assert first.sentences[0].startswith("ERROR: is it mirrored?")
    answers = card(record, "Pathway and route")
    assert answers["Volume-based pathway"][0] == f"Not answered: {WHY}"
    assert answers["Route based on all facts"][0].startswith(f"Not answered: {WHY}")
    volumes = card(record, "Volumes")
    assert volumes["FLR"][1] == volumes["sFLR"][1] == volumes["FLR-to-body-weight ratio"][1] == SEE
    assert volumes["Whole liver (TLV)"][1] == ""
    assert card(record, "Comparison with limits") == {"Limits on the FLR": ("not answered", WHY)}


def test_h16_the_chapters_mark_resections_and_other_wholes(record: Record) -> None:
    marked = [
        getattr(block, "title", "")
        for chapter in appendix_of(read_plan(record), ())
        for block in chapter.blocks
        if SEE in getattr(block, "beside", ())
    ]
    others = "FLR relative to other reference volumes"
    assert marked == ["Comparison of plans", "Resections by whole segments", "Segments", others]


def test_h16_lesions_of_a_changed_tumour_are_no_answer() -> None:
    files = (InputFile("tumour", "t.nii", "nifti1", "a" * 64),)
    changed = Finding("case.mask_changed", Severity.ERROR, "t.nii: changed", "t.nii")
    told = as_record(made(inputs=files, findings=(changed,)))
    assert card(told, "Lesions") == {"Lesions": ("1 on the mask", SEE)}
    assert card(told, "Volumes")["Whole liver (TLV)"][1] == SEE
    shown_lesions = flat(shown(plan_table(read_plan(told))))
    assert f"1 lesion, the largest 4.2 cm (axial, on the mask) {SEE}" in shown_lesions


def test_h16_a_bundle_withholds_the_value_and_states_why(record: Record) -> None:
    parted = {"flr_percent_of_segments": 20.5, "flr_percent_of_segments_shown": "20.5"}
    told = as_bundle(read_plan({**record, **parted}))
    assert [*find_faults(told)] == []
    found = {
        one["resource"]["code"]["coding"][0]["code"]: one["resource"]
        for one in told["entry"]
        if one["resource"]["resourceType"] == "Observation"
    }
    withheld = ("flr-volume", "flr-percent", "flr-percent-of-segments", "standardised-flr-percent")
    for code in withheld:
        assert "valueQuantity" not in found[code]
        assert "component" not in found[code]
        assert "referenceRange" not in found[code]
        assert found[code]["dataAbsentReason"]["coding"][0]["code"] == "error"
        assert found[code]["note"][1]["text"].endswith(f"must not be used: {WHY}")
        assert found[code]["status"] == "preliminary"
    assert found["liver-volume"]["valueQuantity"]["value"] == pytest.approx(1500)
    assert found["flr-function"]["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_h16_a_dose_of_changed_masks_answers_no_limit() -> None:
    files = (InputFile("liver", "l.nii", "nifti1", "a" * 64),)
    changed = Finding("case.mask_changed", Severity.ERROR, "l.nii: changed", "l.nii")
    entries = {"diagnosis": "hcc", "dose": DOSE}
    honest = require_valid(as_dose_record(made(TREATED_LIVER, **entries)))
    record = as_dose_record(made(TREATED_LIVER, inputs=files, findings=(changed,), **entries))
    told = require_valid(record)
    assert all("answer" in one for one in honest["dose"]["computed"]["limits"])
    assert not any("answer" in one for one in told["dose"]["computed"]["limits"])
    assert told["dose"]["computed"]["usable"] is False
    assert "do not use this dose" in shown(dose_table(record))
    stated = Stated({"lung_dose": Amount(Fraction(3), "Gy")})
    given = made(TREATED_LIVER, inputs=files, findings=(changed,), stated=stated, **entries)
    text = shown(dose_table(as_dose_record(given)))
    assert "lung dose 3 Gy at a tumour dose of 150 Gy, as entered" in text
    assert "do not use the computed dose" in text


def grown(*findings: Finding) -> GrowthRecord:
    """Tell the growth of two scans; findings are of the second."""
    closed = {"embolisation": Embolisation(date(2026, 3, 2), "PVE", ("5",))}
    days = (date(2026, 2, 20), date(2026, 3, 23))
    plans = [made(WHOLE, **closed), made(moved(WHOLE, 1), findings=findings, **closed)]
    files = [(InputFile("flr", f"{digit}.nii", "nifti1", digit * 64),) for digit in "ab"]
    told = as_growth(
        measure_growth(
            TimePoint(replace(one, case=structs.replace(one.case, inputs=own)), on)
            for one, own, on in zip(plans, files, days, strict=True)
        )
    )
    require_valid(as_dict(told))
    return told


def test_h16_growth_from_a_mirrored_remnant_is_not_answered() -> None:
    told = grown(ERROR)
    assert told.withdrawn[0].number == "growth"
    (change,) = told.story.growth
    assert change.kinetic is not None
    assert change.kinetic.kgr_below_2 is None
    table = flat(shown(growth_table(told)))
    assert table.startswith(f"Growth not answered: {WHY}")
    assert "points per week, below" not in table
    assert f"FLR growth {SEE} " in table
    scans, doubt, *_ = growth_blocks(told.story, SEE)
    assert isinstance(scans, RowTable)
    assert scans.beside[0] == SEE
    assert isinstance(doubt, Sentences)
    assert doubt.sentences[0] == SEE
    doubted = structs.replace(as_plan_record(made()), withdrawn=told.withdrawn)
    (line,) = growth_card(doubted, told.story).lines
    assert line.beside == SEE


@pytest.mark.parametrize(("usable", "doubt"), [(True, ""), (False, f" - {SEE}")])
def test_a_study_with_an_error_is_marked_above_its_numbers(*, usable: bool, doubt: str) -> None:
    study = read_part(ScintigraphyRecord, {"usable": usable, "to_ask": []})
    first = shown(Group(*function_rows(study))).splitlines()[0]
    assert first.rstrip() == f"Liver function by scintigraphy{doubt}"


def test_h16_each_gain_of_withdrawn_growth_is_marked() -> None:
    heads = (
        "Scan 1 to scan 2: within the reading error",
        "From scan to scan (these are not kinetic growth rates)",
    )
    for findings, doubt in (((ERROR,), f" - {SEE}"), ((), "")):
        told = grown(*findings)
        steps = 2 * told.story.between_scans
        story = structs.replace(told.story, between_scans=steps)
        table = flat(shown(growth_table(structs.replace(told, story=story))))
        for head in heads:
            assert table.count(head) == table.count(f"{head}{doubt}") == 1
            assert (f"{head} - {SEE}" in table) is bool(doubt)


def test_growth_of_honest_scans_is_answered() -> None:
    told = grown()
    assert told.withdrawn == ()
    (change,) = told.story.growth
    assert change.kinetic is not None
    assert change.kinetic.kgr_below_2 is True
    table = flat(shown(growth_table(told)))
    assert "points per week, below 2" in table
    assert SEE not in table


def test_a_treated_area_under_an_error_leaves_the_limits_on_the_flr() -> None:
    files = (InputFile("treated", "t.nii", "nifti1", "a" * 64),)
    changed = Finding("case.mask_changed", Severity.ERROR, "t.nii: changed", "t.nii")
    anatomy = replace(WHOLE, treated=TREATED)
    told = as_record(made(anatomy, diagnosis="hcc", inputs=files, findings=(changed,)))
    assert {one["name"] for one in told["thresholds"]} == {
        "dragon_plc.flr_30", "dragon_plc.flr_40", "dragon_plc.flr_50",
    }  # fmt: skip
    table = flat(shown(plan_table(read_plan(told))))
    assert "Limits on the untreated part not answered: a file has changed" in table
    assert "Limits on the FLR not answered" not in table
    untreated = card(told, "Radioembolisation (RESCUE)")["Untreated liver"]
    assert untreated[1] == SEE


def test_h16_an_area_that_misses_tumour_leaves_no_bare_untreated_share() -> None:
    """9 of 27 mL of tumour are outside: 600 of 1473 mL would be a share larger than the true one.

    The FLR next to it may be used, so the warning names only the untreated share.
    """
    narrow = TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out")
    told = as_plan_record(made(replace(WHOLE, treated=narrow), diagnosis="hcc"))
    why = "part of the tumour is outside the treated area"
    assert [(one.title, one.reason) for one in list_leads(told)][1] == ("Untreated liver", why)
    table = flat(shown(plan_table(told)))
    assert f"Limits on the untreated part not answered: {why}" in table
    assert f"untreated part of the non-tumorous liver: 40.7 % - {SEE}" in table
    assert warn(told) == f"DO NOT USE the untreated share: {why}"
    both = (*told.withdrawn, structs.replace(told.withdrawn[0], number="dose"))
    named = "DO NOT USE the untreated share and the lung dose: "
    assert warn(structs.replace(told, withdrawn=both)).startswith(named)
    flr = structs.replace(told.withdrawn[0], number="flr")
    assert "these numbers" in warn(structs.replace(told, withdrawn=(*both, flr)))


@pytest.mark.parametrize(
    ("lacks", "plans", "named"),
    [
        ("1", 1, "the segments"),
        ("", 1, "the segments and the resections"),
        ("", 2, "the segments, the resections and the comparison of plans"),
    ],
)
def test_h02_a_mirrored_map_withdraws_not_the_drawn_flr(lacks: str, plans: int, named: str) -> None:
    """Pictures of the drawn FLR stated "do not use these numbers" for an error in the map alone."""
    segments = {name: mask for name, mask in small_segments().items() if name != lacks}
    mirrored = Finding("segments.side", Severity.ERROR, "is it mirrored?", "segments.nii.gz")
    every = (Operation(), Operation(remnant_segments=("2", "3")))
    anatomy = replace(WHOLE, segments=segments)
    plan = made(anatomy, findings=(mirrored,), operations=every[:plans])
    named = f"DO NOT USE {named}: the segments are on the wrong side"
    assert warn(as_plan_record(plan)) == named
    assert plan.judged.thresholds


def test_h16_a_headline_over_an_accepted_error_states_this() -> None:
    seen = (Accepted("remnant.side", "R1", "situs inversus"),)
    plan = wrong(accepted=seen)
    told, words = as_record(plan), "despite an error accepted by R1 (remnant.side)"
    assert told["pathway"]["row"] == "V13"
    assert words in flat(shown(plan_table(read_plan(told))))
    assert words in card(told, "Pathway and route")["Volume-based pathway"][1]
    assert dict(as_picture(plan, read_plan(told)).numbers)["Volume-based pathway"].endswith(words)
    honest = as_record(made(MAPPED))
    assert "an error that" not in flat(shown(plan_table(read_plan(honest))))


def test_h16_what_clearing_leaves_is_marked() -> None:
    stays = {
        "lesions_in_remnant_count": 1, "lesions_in_remnant_ml": 1.2, "margin_mm": 10,
        "flr_after_clearing_ml": 420.0,
        "flr_after_clearing_percent": 28.0, "flr_after_clearing_percent_shown": "28.0",
    }  # fmt: skip
    clearing, honest = read_part(ClearingRecord, stays), as_plan_record(made())
    withdrawn = (WithdrawnRecord(number="flr", codes=("remnant.side",), why=WHY),)
    doubted = structs.replace(honest, withdrawn=withdrawn)
    assert phrases.clearing(clearing, doubted).endswith(f"10 mm margin; {SEE}")
    assert phrases.clearing(clearing, honest).endswith("10 mm margin")
