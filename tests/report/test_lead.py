"""The number that begins report and terminal: places on its axis, by hand."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Operation
from fl_planner.record.plan import as_plan_record
from fl_planner.report.answer import make_answer
from fl_planner.report.document.flr_lead import Axis, list_leads
from fl_planner.report.findings import list_grave
from fl_planner.trials.statements import Stated
from fl_planner.web.dossier.limit_lines import ShownLimit, fold_limits
from tests.masks import liver_part, small_liver
from tests.record.planned import TREATED, TUMOUR, WHOLE, certain, made
from tests.report.terminal.test_vessels import plan_of, record_of
from tests.vessel_liver import RIGHT_PORTAL

LEFT_IN = TUMOUR | liver_part([[2, 3, 5, 6, 5, 6]], "tumour")  # 1 mL in the remnant


def test_places_on_an_axis_are_shares_of_its_length() -> None:
    axis = Axis.around([20.0, 50.0])  # 14 to 56 %
    assert [axis.at(14), axis.at(35), axis.at(56)] == [0.0, 50.0, 100.0]
    assert axis.ticks()[0] == (14.29, "20")  # 6 of 42 points; by fives there were nine numbers
    assert Axis.around([2.0, 97.0]) == Axis(0.0, 100.0)


def test_the_flr_with_its_volume_interval_and_limits() -> None:
    """300 of 1473: 20.37 %; 30 and 40 % are 141.9 and 289.2 mL away."""
    (lead,) = list_leads(as_plan_record(made(WHOLE)))
    (bar,) = lead.bars
    assert (bar.name, bar.value) == ("FLR", "20.4 %")
    assert bar.beside == "300 mL of 1473 mL non-tumorous liver"
    assert bar.low is not None
    assert bar.at is not None
    assert bar.high is not None
    assert bar.low < bar.at < bar.high < lead.limits[0].at < lead.limits[1].at
    assert [(one.label, one.side, one.chance) for one in lead.limits] == [
        ("30 %", "142 mL below", "< 1 %"), ("40 %", "289 mL below", "< 1 %"),
    ]  # fmt: skip


def test_h08_a_limit_of_another_state_of_the_liver_is_marked_and_never_borderline() -> None:
    """442 of 1473 are 30.007 %: next to 30 %, which does not apply to an injured liver."""
    right = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 6, 1, 3]], "flr")
    injured = Stated({"chemo_liver_damage": True})
    record = as_plan_record(made(replace(WHOLE, flr=right), stated=injured))
    (lead,) = list_leads(record)
    assert [(one.name, one.near) for one in lead.limits] == [
        ("DRAGON 2: FLR 30 % (not applicable)", False), ("DRAGON 2: FLR 40 %", False),
    ]  # fmt: skip
    (lead,) = list_leads(as_plan_record(made(replace(WHOLE, flr=right))))
    assert [(one.name, one.near) for one in lead.limits] == [
        ("DRAGON 2: FLR 30 %", True), ("DRAGON 2: FLR 40 %", False),
    ]  # fmt: skip
    folded = fold_limits(map(ShownLimit.of, record.thresholds))
    assert [one["says"].endswith("(not applicable)") for one in folded] == [True, False]
    assert "borderline" not in folded[0]["line"]


def test_h16_a_withdrawn_flr_is_not_answered_and_has_no_bar() -> None:
    error = Finding("remnant.side", Severity.ERROR, "is it mirrored?", "flr.nii.gz")
    (lead,) = list_leads(as_plan_record(made(WHOLE, findings=(error,))))
    assert (lead.bars, lead.limits) == ((), ())
    assert lead.reason


@pytest.mark.parametrize("first", ["date.embolised_later", "date.scan_missing"])
def test_a_scan_that_may_precede_an_embolisation_is_the_first_warning(first: str) -> None:
    """It affects every answer; errors are read before it, and accepted findings after all."""
    found = (
        Finding("lesions.unknown", Severity.WARNING, "which ones?"),
        Finding("flr.lesions_stay", Severity.WARNING, "one stays"),
        Finding(first, Severity.WARNING, "PVE may have been performed after this scan"),
        Finding("grid.odd", Severity.ERROR, "which grid?"),
    )
    record = as_plan_record(made(WHOLE, findings=found))
    codes = [
        one.code for one in list_grave(record.findings) if one.code in {each.code for each in found}
    ]
    assert codes == ["grid.odd", first, "flr.lesions_stay", "lesions.unknown"]


def test_h16_no_remnant_no_number() -> None:
    (lead,) = list_leads(as_plan_record(made(small_liver())))
    assert (lead.bars, lead.reason) == ((), "the remnant is missing or undetermined")


def test_the_untreated_liver_has_a_bar_of_its_own() -> None:
    anatomy = replace(WHOLE, treated=TREATED)
    assert [one.title for one in list_leads(as_plan_record(made(anatomy)))] == [
        "Future liver remnant (FLR)", "Untreated liver",
    ]  # fmt: skip
    alone = as_plan_record(made(replace(anatomy, flr=None)))
    assert [one.title for one in list_leads(alone)] == ["Untreated liver"]


def test_flr_and_flr_that_keeps_its_supply_share_axis_and_limits() -> None:
    """18 of 36 columns of 330 mL keep both: 166 mL = 50.3 %, as in the chapter of vessels."""
    (lead,) = list_leads(certain(plan_of(RIGHT_PORTAL)))
    drawn, kept = lead.bars
    assert kept.name == "FLR that keeps its inflow and outflow"
    assert (kept.value, kept.beside) == ("50.3 %", "166 mL")
    assert kept.at is not None
    assert drawn.at is not None
    assert kept.at < drawn.at
    (doubtful,) = list_leads(record_of(RIGHT_PORTAL))
    assert doubtful.bars[1].at is None  # the range alone
    assert doubtful.bars[1].value.startswith("between ")


def test_what_clearing_leaves_is_a_bar_with_limits_of_its_own() -> None:
    """299 of 1472 as drawn; one lesion and six neighbours go: 293 mL = 19.9 %."""
    record = as_plan_record(made(replace(WHOLE, tumour=LEFT_IN), operations=(Operation("a"),)))
    (lead,) = list_leads(record)
    assert [one.value for one in lead.bars] == ["20.3 %", "19.9 %"]
    assert lead.bars[1].name == "FLR after clearing, 10 mm margin"
    assert "DRAGON 2: FLR after clearing 30 %" in [one.name for one in lead.limits]


def test_labels_of_close_limits_are_in_rows_of_their_own() -> None:
    record = as_plan_record(made(replace(WHOLE, tumour=LEFT_IN)))
    (lead,) = list_leads(record)
    rows = {(one.label, one.row) for one in lead.limits}
    assert rows == {("30 %", 0), ("40 %", 0)}  # equal limits share a label


def test_the_answer_is_the_headline_of_the_record() -> None:
    record = as_plan_record(made(WHOLE))
    assert make_answer(record).headline == record.judged.pathway.headline
