"""No number of a record's tables changes its side of a limit: doses, functions, intervals, KGR."""

from dataclasses import replace
from fractions import Fraction
from io import StringIO
from typing import Any

from msgspec import structs
from rich.console import Console, Group

from fl_planner.basis.shown import Share
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.assessment.dose import find_dose_nearness, find_shunts_apart, measure_dose
from fl_planner.planning.assessment.function import find_nearness
from fl_planner.planning.assessment.near_limits import (
    LimitedShare,
    compare_thresholds,
    find_narrow_margins,
)
from fl_planner.planning.given.dose_inputs import DoseGiven
from fl_planner.planning.volume_pathway.states import DiagnosisState
from fl_planner.record.context import BodyRecord, DenominatorRecord, EstimateKeys
from fl_planner.record.declaration.part import as_dict, as_percent
from fl_planner.record.dose import LungDoseRecord, as_dose
from fl_planner.record.function import as_function
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import SEE
from fl_planner.record.plan import as_plan_record
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.report.page.growth import growth_card, radioembolisation_card
from fl_planner.report.page.prose import measurements
from fl_planner.report.picture.charts.heading import draw_interval
from fl_planner.report.terminal.anatomy import body_rows
from fl_planner.report.terminal.measurements import dose_rows, function_rows
from fl_planner.report.words import interval_ends
from fl_planner.trials.criterion import Limit
from fl_planner.y90.partition import Delivery
from tests.record.functions import measured
from tests.record.planned import between, made, read_part
from tests.y90.studies import ANATOMY, GIVEN, planar

FIFTEEN = Fraction(15)
BELOW_SESSION = Fraction("0.44886")  # 36.7875 Gy·0.44886/0.55114 are 29.9605 Gy


class Written:
    """A form that keeps what would be written."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def draw(self, size: tuple[int, int], draw: Any) -> bytes:
        """Draw, and keep no picture."""
        del size
        draw(self)
        return b""

    def within(self, *_: Any) -> "Written":
        """Keep what is written on a part."""
        return self

    def write(self, text: str, *_: Any) -> None:
        """Keep what is written."""
        self.texts.append(text)

    def line(self, *_: Any) -> None:
        """Draw nothing."""

    fill = line


def printed(*rows: Any) -> str:
    out = StringIO()
    Console(file=out, width=100, highlight=False).print(Group(*rows))
    return out.getvalue()


def dose_of(**changed: Any) -> LungDoseRecord:
    given: DoseGiven = replace(GIVEN, **changed)
    return LungDoseRecord(computed=as_dose(measure_dose(given, ANATOMY), ()))


def test_h08_a_lung_dose_stays_below_30_gy_where_no_trial_asks() -> None:
    told = dose_of(lung_shunt=BELOW_SESSION)
    assert as_dict(told)["computed"]["at_150_gy"]["lung_shown"] == "29.96"
    out = printed(*dose_rows(told))
    assert "lungs 29.96 Gy" in out
    assert "lungs 30.0 Gy" not in out


def test_a_planned_tumour_dose_and_a_density_are_not_rounded() -> None:
    """149.6 Gy is not the 150 Gy of the trial, to which 15 Gy to the lungs refers."""
    told = dose_of(tumour_dose_gy=Fraction("149.6"), density_g_per_ml=Fraction("1.035"))
    out = printed(*dose_rows(told))
    assert [out.count(f"tumour {dose} Gy:") for dose in ("150", "149.6")] == [1, 1]
    assert ", 1.035 g/mL" in out
    page = " ".join(
        map(str, measurements(structs.replace(as_plan_record(made()), dose=told), None, {}))
    )
    assert [page.count(f"tumour dose of {dose} Gy: tre") for dose in ("150", "149.6")] == [1, 1]


def test_an_intended_dose_of_exactly_150_gy_is_listed_once() -> None:
    told = dose_of(tumour_dose_gy=Fraction(150))
    assert printed(*dose_rows(told)).count("tumour 150 Gy:") == 1
    record = structs.replace(as_plan_record(made()), dose=told)
    page = " ".join(map(str, measurements(record, None, {})))
    assert page.count("tumour dose of 150 Gy: tre") == 1


def test_a_shunt_that_is_not_known_is_stated_to_be_so() -> None:
    out = printed(*dose_rows(dose_of(lung_shunt=None)))
    assert "tumour 150 Gy: treated liver 37.5 Gy, lungs: dose not known" in out
    assert "Gy: -" not in out
    assert "lung dose at a tumour dose of 150 Gy: unknown; the lung shunt is missing" in out
    both = printed(*dose_rows(dose_of(lung_shunt=None, tumour_to_normal=None)))
    assert "the lung shunt is missing" in both
    without_ratio = printed(*dose_rows(dose_of(tumour_to_normal=None)))
    assert "shunt is missing" not in without_ratio


def test_h08_without_a_ratio_the_most_stays_below_30_gy() -> None:
    """All in one compartment of 900 g: 135·s/(1-s) are 29.9963 Gy for a shunt of 0.1818."""
    told = dose_of(tumour_to_normal=None, lung_shunt=Fraction("0.1818"))
    assert as_dict(told)["computed"]["most_lung_shown"] == "29.996"
    assert "lung dose at most 29.996 Gy" in printed(*dose_rows(told))
    card = radioembolisation_card(structs.replace(as_plan_record(made()), dose=told))
    assert "at most 29.996 Gy" in card.lines[1].beside


def test_h08_a_shunt_stays_below_the_largest_that_keeps_the_dose() -> None:
    """15 Gy are met at 0.289645: 0.2896 is below, and 0.290 would be above."""
    dose = measure_dose(replace(GIVEN, lung_shunt=Fraction("0.2896")), ANATOMY)
    rescue = Limit("rescue", "hcc", "lung_dose_gy_at_150gy_tumour", "more_than", FIFTEEN, "E1")
    shunt = as_dose(dose, (rescue,)).lung_shunt
    assert shunt is not None
    assert shunt.shown == "0.2896"


def test_h08_two_shunts_are_reported_on_their_sides() -> None:
    both = replace(GIVEN, lung_shunt=Fraction("0.2896"), planar=planar(71, 29), decides="planar")
    (told,) = find_shunts_apart(measure_dose(both, ANATOMY), (FIFTEEN,))
    assert "0.290 (planar study) is used; 0.2896 (as entered) was also given" in told.message


def test_h08_a_dose_near_a_limit_stays_on_its_side_of_the_others() -> None:
    """12.2625 Gy, by lighter lungs 15.3281 Gy, outwards 15.4: an own trial asks for 15.32."""
    dose = measure_dose(replace(GIVEN, lung_shunt=Fraction("0.25")), ANATOMY)
    (told,) = find_dose_nearness(dose, (FIFTEEN, Fraction("15.32"), Fraction("12.3")))
    assert "lung dose is 12.26 Gy" in told.message
    assert told.message.endswith("to 15.4 Gy, which includes 12.3, 15 and 15.32 Gy")


def test_h08_the_ends_of_a_function_stay_on_their_side() -> None:
    """The range is 2.127 to 3.21344."""
    told = as_function(measured(), [Fraction("3.2"), Fraction("3.2134")])
    assert told.flr_range_shown == "2.12 to 3.22"
    assert "2.12 to 3.22" in printed(*function_rows(told))


def test_h08_a_function_near_a_limit_stays_on_its_side_of_the_others() -> None:
    (told,) = find_nearness(measured(), (Fraction("2.675"), Fraction("3.2134")))
    assert told.message.endswith("2.12 to 3.22, which includes 2.675 and 3.2134")


def test_h08_an_interval_stays_on_its_side_of_limits_of_other_diagnoses() -> None:
    """Cirrhosis asks for 50 %; one's own trial for 28.6 %, which no double holds exactly."""
    plan = between([28.6, 49.98], [28.6, 30.0, 40.0, 50.0], thresholds=[])
    assert interval_ends(plan, "flr") == "28.60 to 49.98 %"


def test_h08_the_usual_limits_hold_without_any_trial() -> None:
    limits = structs.replace(as_plan_record(made()).volumes, share_limits_percent=()).share_limits
    assert limits == [20, 30, 40]
    assert as_percent(29.96, limits) == "29.96"


def test_h08_the_share_of_the_expected_liver_keeps_its_side_too() -> None:
    body = BodyRecord(weight_kg=70.0, sflr_percent=24.96, sflr_spread_percent=(19.97, 49.97))
    expected = DenominatorRecord(name="vauthey_bsa", ml=1500.0)
    told = EstimateKeys(denominators=(expected,), body=body)
    out = printed(*body_rows(between([20.0, 30.0], [25.0, 50.0], estimates=told)))
    assert "sFLR 24.96 %" in out
    assert "19.97 to 49.97 %" in " ".join(out.split())


def test_h08_the_ends_of_a_growth_rate_keep_their_side_of_2() -> None:
    latest = {
        "days": 21, "within_reading_error": False, "relative_percent": 30.0, "points": 6.1,
        "points_interval": [5.0, 7.0], "gain_ml": 90.0, "kgr_shown": "2.03",
        "kgr_interval": [1.96, 2.1],
    }  # fmt: skip
    growth = read_part(GrowthKeys, {"growth": [latest]})
    lines = growth_card(as_plan_record(made()), growth).lines
    fixed = "with the baseline liver as denominator"
    assert lines[-1].beside == f"{fixed}; 95 % inter-reader interval: 1.9 to 2.1"


def test_h08_slightly_is_reported_on_its_side_of_the_other_limits() -> None:
    """30.0099 % lies above 30 %, and below the 30.01 % of a trial of one's own."""
    share = LimitedShare("flr_fraction", Share(300_099, 10**6), 0.1, 0.07)
    near = compare_thresholds([share], read_protocols().trials_of(DiagnosisState.CRLM))
    (told,) = find_narrow_margins(near, (Fraction("0.3001"),))
    assert "30.0099 % is within 0.1 percentage points of 30 %: " in told.message


def test_a_limit_of_no_whole_percent_is_written_as_it_is() -> None:
    """29 % beside a line at 28.6 % would be another limit."""
    asked = read_part(ThresholdRecord, {"name": "own.flr_28.6", "limit_percent": 28.6})
    record = between([24.0, 34.0], [], thresholds=(asked,))
    form = Written()
    draw_interval(record, "flr", form)  # type: ignore[arg-type]
    assert "28.6 %" in form.texts


def sentences_of(told: LungDoseRecord) -> str:
    plan = structs.replace(as_plan_record(made()), dose=told)
    return " ".join(map(str, measurements(plan, None, {})))


def test_the_page_has_the_activity_of_a_dose_as_the_command_line_prints_it() -> None:
    """150 Gy·(0.027 + 0.873/4) kg / (49.67·0.95) are 0.7796 GBq; with 10 % residual, 0.8662."""
    residual = Delivery(residual_fraction=Fraction("0.1"))
    told = dose_of(lung_shunt=Fraction("0.05"), delivery=residual)
    activities = "0.78 GBq of Y-90 in the patient", "0.87 GBq including the residual"
    out = printed(*dose_rows(told))
    assert all(one in out for one in activities)
    assert f"; {', '.join(activities)}." in sentences_of(told)
    assert "GBq" not in sentences_of(dose_of(tumour_to_normal=None))


def test_h08_computed_doses_that_must_not_be_used_say_so_where_one_was_entered() -> None:
    """An entered lung dose stays usable; those computed from a mirrored MAA SPECT do not."""
    computed = dose_of(lung_shunt=Fraction("0.05")).computed
    assert computed is not None
    for usable, count in ((True, 0), (False, 1)):
        part = structs.replace(computed, usable=usable)
        told = LungDoseRecord(origin="given", shown="8.4", computed=part)
        assert sentences_of(told).count(SEE) == count
        assert printed(*dose_rows(told)).count("do not use the computed dose") == count


def test_h08_a_shunt_measured_from_counts_with_an_error_is_marked() -> None:
    """10 of 100 counts are in the lungs; the entered ratio of 4 does not depend on the counts."""
    computed = dose_of(lung_shunt=None, shunt_method=None, planar=planar()).computed
    assert computed is not None
    for usable in (True, False):
        part = LungDoseRecord(computed=structs.replace(computed, usable=usable))
        out = " ".join(printed(*dose_rows(part)).split())
        known = out.partition("lung shunt 0.1")[2]
        shunt, _, ratio = known.partition("tumour-to-normal ratio 4.00")
        assert shunt.endswith(f" - {SEE} ") is not usable
        assert ratio.startswith(", as entered tumour 150 Gy")
