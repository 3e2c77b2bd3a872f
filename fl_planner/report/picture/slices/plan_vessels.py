"""What a plan takes from the vessels, as pictures show it; words and numbers of the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from fl_planner.basis.shown import as_number
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.record.withdrawal_words import mark as say_withdrawn
from fl_planner.report.picture.slices.marks import CONTACT, CUT, VesselMark
from fl_planner.report.picture.slices.sections import LostPart, say_lesion
from fl_planner.report.vessel_words import OF_CUTS, cut_doubt, cut_name, lost, vessel_name

if TYPE_CHECKING:
    from fl_planner.record.vessels.vessels import CutRecord

MOST_GAP_MM = 10.0  # from a lesion to a vessel, that a line shows


def draw_lost(plan: Plan, record: PlanRecord) -> Mapping[str, LostPart]:
    """Draw what of the first plan's remnant loses its inflow and its outflow, by the part's name.

    Empty where no vessel was drawn, no tree tells it, or nothing is lost.
    """
    vessels, told = plan.measured.vessels, record.vessels
    if vessels is None or told is None or vessels.plans[0].loss.flr_parts is None:
        return {}
    parts, taken = vessels.plans[0].loss.flr_parts, told.plans[0].lost
    drawn = {}
    for tree, ml in (("portal", taken.flr_inflow_lost), ("hepatic", taken.flr_outflow_lost)):
        mask = parts.draw("portal" if tree == "portal" else "hepatic")
        if mask is not None and ml is not None and mask.voxel_count:
            drawn[mask.name] = LostPart(mask, _join(lost(ml), say_withdrawn(record, "flr")))
    return drawn


def list_marks(plan: Plan, record: PlanRecord) -> tuple[VesselMark, ...]:
    """List the cuts of the first plan, and lines from lesions to the vessel nearest to each."""
    if plan.measured.vessels is None or record.vessels is None:
        return ()
    return (*_list_cuts(plan, record), *_list_contacts(plan))


def _list_cuts(plan: Plan, record: PlanRecord) -> Iterator[VesselMark]:
    assert plan.measured.vessels is not None
    assert record.vessels is not None
    cuts, told = plan.measured.vessels.plans[0].loss.cuts, record.vessels.plans[0].cuts
    for cut, one in zip(cuts, told, strict=True):
        if cut.place_mm is not None:
            beyond = _join(lost(one.lost), cut_doubt(one), say_withdrawn(record, *OF_CUTS))
            says = f"{cut_name(one)}: {_say_cut(one)}, beyond it {beyond}"
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
            mm = as_number(nearest.least_mm) if nearest.least_mm else "0"
            yield VesselMark(CONTACT, np.array(ends), f"{say_lesion(lesion.number)} {mm} mm")


def _say_cut(one: CutRecord) -> str:
    """Name what is cut: a branch by its name, or the veins of a tree."""
    name = vessel_name(one.branch) if one.branch else f"{one.tree} veins"
    return f"cut of the {name}"


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
