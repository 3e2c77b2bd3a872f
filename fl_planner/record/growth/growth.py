"""Growth of a remnant over scans, and what is in print: the record of `growth`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from fl_planner.basis.glossary import EmbolisationKind
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.record.declaration.part import RecordKeys, RecordPart
from fl_planner.record.declaration.quantity import (
    Amount,
    ClinicalDate,
    Ml,
    Number,
    Percent,
    Segments,
    as_float,
    at_least,
    says,
)
from fl_planner.record.growth.change import ChangeRecord, StepRecord, as_change, as_step
from fl_planner.record.growth.endpoints import EndpointKeys, as_endpoints
from fl_planner.record.growth.scan import ScanRecord, as_scan
from fl_planner.record.head import as_findings, as_inputs
from fl_planner.record.withdrawal import MeasuredRecord, as_withdrawn

if TYPE_CHECKING:
    from fl_planner.planning.given.case import Embolisation
    from fl_planner.planning.growth.story import GrowthStory
    from fl_planner.planning.plan import Plan
    from fl_planner.record.head import Profile


class FixedDenominatorRecord(RecordPart):
    """What shares are of, for all scans."""

    fixed: Literal["baseline_nontumour"] = "baseline_nontumour"
    ml: Annotated[Ml, says("Liver without tumour of the baseline")]
    of_scan: Annotated[Number, says("Number of the baseline.")]
    standard_ml: Annotated[Ml | None, says("What body size expects, mL.")] = None


class ClosedVeinsRecord(RecordPart):
    """What was closed."""

    kind: Annotated[EmbolisationKind, says("By which veins; Y90 is a radioembolisation.")]
    segments: Segments
    date: ClinicalDate = None


class GrowthLimitsRecord(RecordPart):
    """What the trials ask of a remnant of this diagnosis."""

    flr_percent: Annotated[tuple[Percent, ...], says("Of the liver of each scan.")]
    function_pct_per_min_per_m2: Annotated[
        Amount | None, says("Least figure in print that function must exceed, %/min/m2.")
    ] = None


class FootnoteRecord(RecordPart):
    """One."""

    says: Annotated[str, says("What was seen.")]
    source: Annotated[str, says("Where.")]


class GrowthKeys(RecordKeys):
    """What a remnant did over scans."""

    embolisation: ClosedVeinsRecord | None = None
    denominator: FixedDenominatorRecord
    time_points: Annotated[
        tuple[ScanRecord, ...], says("In the order of their dates."), at_least(2)
    ]
    growth: Annotated[
        tuple[ChangeRecord, ...], says("To each scan after the baseline."), at_least(1)
    ]
    between_scans: Annotated[
        tuple[StepRecord, ...], says("From each scan to the next."), at_least(1)
    ]
    footnotes: Annotated[tuple[FootnoteRecord, ...], says("What is in print; no forecast.")]
    endpoints: EndpointKeys
    limits: GrowthLimitsRecord | None = None


class PlanGrowthRecord(RecordPart):
    """Growth of the remnant up to the scan that is planned on."""

    story: GrowthKeys


class GrowthRecord(MeasuredRecord, tag_field="schema", tag="fl-planner/growth/1"):
    """Growth of a remnant over scans."""

    story: GrowthKeys


FOOTNOTES = (
    FootnoteRecord(
        says="Of 107 patients of one centre with CRLM and more than 20 % of the standard liver "
        "left, 21.6 % of those below 2 points a week had hepatic insufficiency, and none at 2 or "
        "above, by the first volumetry. It is not a forecast for this patient.",
        source="Shindoh 2013, PMC3632508",
    ),
)


def as_growth(story: GrowthStory, profile: Profile = "shareable") -> GrowthRecord:
    """Tell the story of a remnant."""
    inputs = [one for point in story.points for one in point.plan.case.inputs]
    return GrowthRecord(
        refusal=None,
        inputs=as_inputs(dict.fromkeys(inputs)),
        story=_tell(story, clinical=profile == "clinical"),
        withdrawn=as_withdrawn(story.withdrawn),
        findings=as_findings(story.findings, story.accepted),
    )


def _tell(story: GrowthStory, *, clinical: bool) -> GrowthKeys:
    numbers = {id(point): number for number, point in enumerate(story.points, start=1)}
    answered = not story.withdrawn
    is_y90 = story.embolisation is not None and story.embolisation.kind == "Y90"
    return GrowthKeys(
        embolisation=_closed(story.embolisation, clinical=clinical),
        denominator=_denominator(story, numbers),
        time_points=tuple(as_scan(story, one, numbers, clinical=clinical) for one in story.points),
        growth=tuple(as_change(one, numbers, answered=answered) for one in story.changes),
        between_scans=tuple(as_step(one, numbers) for one in story.steps),
        footnotes=() if is_y90 else FOOTNOTES,
        endpoints=as_endpoints(
            story.endpoints, numbers[id(story.baseline)], numbers, answered=answered
        ),
        limits=_limits(story.points[-1].plan),
    )


def _limits(plan: Plan) -> GrowthLimitsRecord:
    """Tell the limits that the latest scan is judged by."""
    every = {one.limit for one in plan.judged.thresholds if one.measured.fact == "flr_fraction"}
    function = min(plan.judged.limits.get(FLR_FUNCTION, ()), default=None)
    return GrowthLimitsRecord(
        flr_percent=tuple(sorted({float(100 * one.value) for one in every})),
        function_pct_per_min_per_m2=as_float(function),
    )


def _closed(told: Embolisation | None, *, clinical: bool) -> ClosedVeinsRecord | None:
    if told is None:
        return None
    on = told.on.isoformat() if clinical else None
    return ClosedVeinsRecord(kind=told.kind, segments=told.segments, date=on)


def _denominator(story: GrowthStory, numbers: Mapping[int, int]) -> FixedDenominatorRecord:
    base = story.baseline
    estimates = base.plan.estimates
    return FixedDenominatorRecord(
        ml=float(base.nontumorous_ml),
        of_scan=numbers[id(base)],
        standard_ml=None if estimates is None else estimates.standard_ml,
    )
