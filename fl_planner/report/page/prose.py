"""Growth, function, dose, scores and body size as sentences, each with its scatter and doubts."""

from collections.abc import Iterator

from fl_planner.basis.glossary import COUNTING_INTERVAL, EXTRAHEPATIC, INTERVAL
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.kinetic_growth import SLOW_POINTS_PER_WEEK
from fl_planner.record.declaration.quantity import as_percent
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.dose.dose import ComputedDoseRecord
from fl_planner.record.function import RemnantFunctionRecord, ScintigraphyRecord
from fl_planner.record.growth.change import ChangeRecord
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.withdrawal_words import SEE, mark
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Sentences
from fl_planner.report.score_words import list_scores

STANDARD = "of the liver that body size expects, another whole and so another rate"


def prose(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Sentences]:
    """Tell in sentences what was measured beside the volumes."""
    grown = () if growth is None else growth.growth
    doubt = mark(record, "growth")
    told = [*([doubt] if doubt and grown else []), *(one for each in grown for one in _grown(each))]
    yield Sentences("Growth", tuple(told))
    if record.function is not None:
        yield Sentences("Function", tuple(_function(record.function)))
    if record.dose is not None:
        yield Sentences("Dose of a radioembolisation", tuple(_dose(record.dose)))
    if record.scores is not None:
        yield Sentences("Scores", (f"{'; '.join(map(str, list_scores(record.scores)))}.",))
    yield Sentences("Body size", tuple(_body(record)))


def _grown(one: ChangeRecord) -> Iterator[str]:
    days = "" if one.days is None else f", day {one.days}"
    within = ", within the error of reading" if one.within_reading_error else ""
    yield (
        f"Scan {one.from_scan} to scan {one.to_scan}{days}: {as_ml(one.gain_ml)} gained, "
        f"{as_number(one.relative_percent)} % of the FLR at the start; hypertrophy (DH) "
        f"{as_number(one.points)} points of the liver held fixed ({INTERVAL}: "
        f"{say.pair(one.points_interval)}){within}."
    )
    if one.kinetic is not None:
        ends = say.pair(one.kinetic.kgr_interval, [SLOW_POINTS_PER_WEEK])
        standard = one.kinetic_of_standard
        by_body = ""
        if standard is not None:
            rate = standard.kgr_of_standard_points_per_week
            by_body = f"; {as_number(rate, [SLOW_POINTS_PER_WEEK])} {STANDARD}"
        yield (
            f"Kinetic growth rate {one.kinetic.kgr_shown} points a week of the liver held fixed "
            f"({INTERVAL}: {ends}){by_body}."
        )
    if one.function_gain_pct_per_min_per_m2 is not None:
        gain = as_number(one.function_gain_pct_per_min_per_m2, (), 2)
        yield f"Function of the FLR changed by {gain} %/min/m2."


def _function(told: RemnantFunctionRecord) -> Iterator[str]:
    measured = told.measured
    if told.known is not None:
        origin = say.ORIGINS[told.origin or "measured"]
        doubt = f"; {SEE}" if told.unusable and told.origin != "given" else ""
        yield f"FLR function {told.known} %/min/m2, {origin}{_ends(measured)}{doubt}."
    if measured is not None:
        yield from _measured(measured)
    if told.ct_to_scintigraphy_days is not None:
        yield f"CT and scintigraphy {say.days_apart(told.ct_to_scintigraphy_days)}."


def _ends(measured: ScintigraphyRecord | None) -> str:
    ends = None if measured is None else measured.flr_interval_shown
    return "" if ends is None else f" ({COUNTING_INTERVAL}: {ends})"


def _measured(measured: ScintigraphyRecord) -> Iterator[str]:
    clearance, share = measured.clearance, measured.share
    if clearance is not None:
        begin, end = (f"{second:g}" for second in clearance.window_s)
        by_body = "" if clearance.shown is None else f", {clearance.shown} %/min/m2"
        yield (
            f"Clearance of the whole liver {as_number(clearance.pct_per_min, (), 2)} %/min"
            f"{by_body}, {begin}\u2013{end} s, {EXTRAHEPATIC}; compared with the "
            f"site's own workstation: {measured.validated_locally}."
        )
    if share is not None:
        ratio = share.function_to_volume
        beside = "" if ratio is None else f", {as_number(ratio, (), 2)} times its share of volume"
        low, high = (as_percent(one, ()) for one in share.range_by_shift_percent)
        yield (
            f"The FLR holds {share.percent_shown} % of the counts{beside}; {low} to {high} % where "
            "the masks lie up to 2 cm elsewhere."
        )


def _dose(told: LungDoseRecord) -> Iterator[str]:
    if told.shown is not None:
        doubted = told.computed is not None and not told.computed.usable
        doubt = f"; {SEE}" if doubted and told.origin != "given" else ""
        origin = f"{say.ORIGINS[told.origin]}{doubt}"
        yield f"Lung dose {told.shown} Gy at 150 Gy to the tumour, {origin}."
    if told.computed is not None:
        yield from _computed(told.computed)


def _computed(told: ComputedDoseRecord) -> Iterator[str]:
    treated, shunt, ratio = told.treated, told.lung_shunt, told.tumour_to_normal
    if treated is not None:
        tumour, liver = as_ml(treated.tumour_ml), as_ml(treated.liver_ml)
        yield f"Treated: {tumour} of tumour and {liver} of liver."
    known = say.joined(
        None if shunt is None else f"lung shunt {shunt.shown}",
        None if ratio is None else f"tumour to liver {ratio.shown}",
    )
    if known:
        yield f"{say.sentence(known)}."
    for one in (told.at_150_gy, told.at_planned_dose):
        if one is not None and one.treated_liver_gy is not None:
            lungs = "not known" if one.lung_shown is None else f"{one.lung_shown} Gy"
            yield (
                f"With {as_number(one.tumour_gy, (), 0)} Gy to the tumour: treated liver "
                f"{as_number(one.treated_liver_gy)} Gy, lungs {lungs}."
            )


def _body(record: PlanRecord) -> Iterator[str]:
    told = record.estimates
    if told is None or told.body.sflr_percent is None or told.standard_ml is None:
        return
    sflr = as_percent(told.body.sflr_percent, record.volumes.share_limits)
    reason = mark(record, "flr")
    yield (
        f"sFLR {sflr} % of the {as_ml(told.standard_ml)} expected of this body (Vauthey)"
        f"{f'; {reason}' if reason else ''}."
    )
