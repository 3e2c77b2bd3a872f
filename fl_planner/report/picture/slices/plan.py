"""Contents of the picture of a plan, and the supply lost by the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_mm, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import UNDIVIDED, VEINS
from fl_planner.planning.plan import Plan
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.head import SEE, mark, warn
from fl_planner.record.plan import PlanRecord, state_pathway
from fl_planner.report.findings import group_findings
from fl_planner.report.picture.draw.canvas import as_stamp
from fl_planner.report.picture.slices.cuts import CONTACT, CUT, VesselMark, measure_calliper
from fl_planner.report.picture.slices.sections import LostPart, Picture, name_lesion
from fl_planner.report.vessel_words import OF_CUTS, cut_doubt, cut_name, lost, vessel_name
from fl_planner.report.words import PER_MIN_M2, days_apart, interval, joined
from fl_planner.space.mask import Mask, join_authors, join_carried_mm

MOST_GAP_MM = 10.0  # from a lesion to a vessel, that a line shows


def draw_lost(plan: Plan, record: PlanRecord) -> Mapping[str, LostPart]:
    """Draw the parts of the first plan's remnant that lose inflow and outflow, by name.

    Empty if no vessel was drawn, no tree is known, or nothing is lost.
    """
    vessels, recorded = plan.measured.vessels, record.vessels
    if vessels is None or recorded is None or vessels.plans[0].loss.flr_parts is None:
        return {}
    parts, taken = vessels.plans[0].loss.flr_parts, recorded.plans[0].lost
    drawn = {}
    for tree, ml in (("portal", taken.flr_inflow_lost), ("hepatic", taken.flr_outflow_lost)):
        mask = parts.draw("portal" if tree == "portal" else "hepatic")
        if mask is not None and ml is not None and mask.voxel_count:
            drawn[mask.name] = LostPart(mask, joined(lost(ml), mark(record, "flr")))
    return drawn


def list_marks(plan: Plan, record: PlanRecord) -> tuple[VesselMark, ...]:
    """List the cuts of the first plan, and lines from lesions to their nearest vessel."""
    if plan.measured.vessels is None or record.vessels is None:
        return ()
    return (*_list_cuts(plan, record), *_list_contacts(plan))


def _list_cuts(plan: Plan, record: PlanRecord) -> Iterator[VesselMark]:
    assert plan.measured.vessels is not None
    assert record.vessels is not None
    cuts, recorded = plan.measured.vessels.plans[0].loss.cuts, record.vessels.plans[0].cuts
    for cut, one in zip(cuts, recorded, strict=True):
        if cut.place_mm is not None:
            beyond = joined(lost(one.lost), cut_doubt(one), mark(record, *OF_CUTS))
            vein = vessel_name(one.branch) if one.branch else f"{one.tree} veins"
            says = f"{cut_name(one)}: {vein} cut, territory {beyond}"
            yield VesselMark(CUT, np.array([cut.place_mm]), cut_name(one), says)


def _list_contacts(plan: Plan) -> Iterator[VesselMark]:
    from fl_planner.liver.vessels.contact import find_gap_ends

    assert plan.measured.vessels is not None
    lesions, of_lesions = plan.measured.lesions, plan.measured.vessels.lesions
    for lesion, contacts in zip(lesions.items if lesions else (), of_lesions, strict=True):
        nearest = min(contacts, key=lambda one: one.least_mm, default=None)
        if nearest is None or nearest.least_mm > MOST_GAP_MM:
            continue
        ends = find_gap_ends(lesion.mask, plan.case.anatomy.vessels[nearest.vessel])
        if ends is not None:
            mm = as_mm(nearest.least_mm) if nearest.least_mm else "0"
            yield VesselMark(CONTACT, np.array(ends), f"{name_lesion(lesion.number)} {mm} mm")


def with_halves(plan: Plan) -> Anatomy:
    """Return the anatomy of a plan, with the trees of one label of all veins as two vessels.

    Vessels that were assigned to neither tree keep the name of the label.
    """
    anatomy, vessels = plan.case.anatomy, plan.measured.vessels
    if vessels is None or not vessels.halves:
        return anatomy
    halves = {VEINS[tree][0]: mask for tree, mask in vessels.halves.items()}
    drawn = dict(anatomy.vessels)
    for label in UNDIVIDED:
        if label in drawn:
            drawn[label] = reduce(Mask.__sub__, halves.values(), drawn[label])
    labels = [anatomy.vessels[one] for one in UNDIVIDED if one in anatomy.vessels]
    author, carried_mm = join_authors(labels), join_carried_mm(labels)
    named = {
        name: replace(mask, name=name, author=author, carried_mm=carried_mm)
        for name, mask in halves.items()
    }
    return replace(anatomy, vessels={**drawn, **named})


def as_picture(plan: Plan, record: PlanRecord) -> Picture:
    """Collect the contents of the picture of a plan."""
    lesions = plan.measured.lesions
    largest, calliper = lesions.largest if lesions else None, None
    if largest:
        says = f"diameter of {name_lesion(largest.number)} on the mask: {_size(record)}"
        calliper = measure_calliper(largest.mask, largest.number, says)
    return Picture(
        with_halves(plan),
        remnant=plan.measured.remnant,
        image=plan.case.ct,
        lesion=largest.mask if largest else None,
        lesions=tuple(one.mask for one in lesions.items) if lesions else (),
        calliper=calliper,
        lost=draw_lost(plan, record),
        marks=list_marks(plan, record),
        stamp=as_stamp(record),
        numbers=tuple(_numbers(record)),
        findings=tuple(_findings(record)),
        not_to_use=warn(record),
    )


def _findings(record: PlanRecord) -> Iterator[Finding]:
    for one in group_findings(record.findings):
        yield Finding(one.code, Severity(one.severity), one.message, one.file)


def _numbers(record: PlanRecord) -> list[tuple[str, str]]:
    volumes = record.volumes
    ml = volumes.volumes_ml
    lines = [("Volume-based pathway", state_pathway(record))]
    parts = [("Whole liver (TLV)", ml.liver)]
    if ml.tumour is not None:
        parts += [("Tumour", ml.tumour), ("Non-tumorous liver", ml.nontumorous_liver)]
    lines += [(words, _marked(record, as_ml(each), "volumes")) for words, each in parts]
    for name, words in (("flr", "FLR"), ("untreated", "Untreated liver")):
        if (found := volumes.find_share(name)) is not None:
            share = f"{as_ml(found[0])}, {found[1].shown} % of the {volumes.whole}"
            line = f"{share} ({interval(record, name)})"
            lines.append((words, _marked(record, line, name)))
    lines += _function(record.function or RemnantFunctionRecord())
    if (summary := record.tumour.lesion_summary) is not None:
        size = _size(record)
        line = f"{summary.count}, largest {size} (axial)" if size else f"{summary.count}"
        lines.append(("Lesions", _marked(record, line, "lesions")))
    return lines


def _size(record: PlanRecord) -> str:
    """Format the diameter of the largest lesion; "" if there is none."""
    summary = record.tumour.lesion_summary
    largest = summary.largest_axial_cm if summary else None
    return f"{as_number(largest, (3, 4, 8))} cm" if largest else ""


def _marked(record: PlanRecord, text: str, number: str) -> str:
    """Add the reason not to use a number, if any."""
    return joined(text, mark(record, number))


def _function(function: RemnantFunctionRecord) -> Iterator[tuple[str, str]]:
    """List the function in use, and the results of a scintigraphy, if any."""
    unusable = f"; {SEE}" if function.unusable else ""
    if function.known is not None:
        end = ", as entered" if function.origin == "given" else unusable
        yield "FLR function", f"{function.known} {PER_MIN_M2}{end}"
    parts = [f"whole liver {function.clearance} {PER_MIN_M2}"] if function.clearance else []
    parts += [f"FLR {function.share} % of the counts"] if function.share else []
    if parts:
        days = function.ct_to_scintigraphy_days
        apart = [] if days is None else [f"CT and scintigraphy {days_apart(days)}"]
        yield "Scintigraphy", "; ".join((*parts, *apart)) + unusable
