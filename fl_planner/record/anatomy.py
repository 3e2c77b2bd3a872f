"""The anatomy of a plan as dicts: lesions, segments, plans, denominators."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from fl_planner.basis.shown import as_number
from fl_planner.liver.lesions.lesions import Definition, Lesion, Lesions, root
from fl_planner.liver.lesions.locations import LesionSite, are_bilobar
from fl_planner.planning.assessment.denominators import BodyEstimates
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.assessment.resections import choose_rows
from fl_planner.planning.plan import Plan
from fl_planner.record.base import Record, as_float, given
from fl_planner.record.resections import as_fates, as_resections, as_share, as_slivers
from fl_planner.record.voxels import as_voxel


def as_anatomy(plan: Plan) -> Record:
    """Tell lesions, segments, resections and denominators; absent is what was not given."""
    return {
        **lesion_record(plan),
        **_segments(plan),
        **as_resections(
            plan,
            [row for row in plan.resections if row.resection.name],
            choose_rows(plan.resections),
        ),
        **_denominators(plan),
        **as_voxel(plan),
        **baseline_record(plan),
    }


def lesion_record(plan: Plan) -> Record:
    """Tell the lesions: how large each is, and where it lies."""
    lesions, sites = plan.measured.lesions, plan.measured.sites
    if lesions is None or sites is None:
        return {}
    return {
        "lesions": [
            {**_lesion(lesion), **_site(lesion, site)}
            for lesion, site in zip(lesions.items, sites, strict=True)
        ],
        "lesion_summary": {
            **_summary(lesions),
            **({"bilobar": are_bilobar(sites)} if plan.measured.segments else {}),
        },
    }


def as_planned(planned: Planned, limits: Iterable[Fraction]) -> Record:
    """Tell one operation and what it leaves."""
    operation, share = planned.operation, planned.volumes.flr_share
    found = given(
        name=operation.name,
        origin=planned.remnant.origin if planned.remnant else None,
        stages=operation.stages,
        embolised_segments=list(operation.embolised_segments) or None,
        resected_segments=list(operation.resected_segments) or None,
        margin_mm=planned.margin_mm,
    )
    found["remnant_segments"] = list(operation.remnant_segments)
    if share is not None:
        percents = [100 * limit for limit in limits]
        found |= as_share(share, percents)
        if (parted := planned.share_of_segments) is not None:
            found["flr_percent_of_segments"] = parted.percent
            found["flr_percent_of_segments_shown"] = as_number(100 * parted.fraction, percents)
        found["flr_ml"] = share.numerator_voxels * planned.volumes.voxel_ml
        if planned.volumes.tumour_voxels is not None:  # without a mask nobody knows of any
            found["lesions"] = as_fates(planned)
            found |= as_slivers(planned)
    return found


def _lesion(lesion: Lesion) -> Record:
    sizes = lesion.diameters
    return {
        "number": lesion.number,
        "voxels": lesion.mask.voxel_count,
        "volume_ml": lesion.mask.volume_ml,
        "axial_diameter_mm": float(root(sizes.axial_outer_mm2)),
        "axial_centre_mm": float(root(sizes.axial_centre_mm2)),
        "longest_diameter_mm": float(root(sizes.longest_outer_mm2)),
        "longest_centre_mm": float(root(sizes.longest_centre_mm2)),
    }


def _site(lesion: Lesion, site: LesionSite) -> Record:
    """Tell where a lesion lies; without a map of segments only how deep."""
    voxel_ml, whole = lesion.mask.grid.voxel_ml, lesion.mask.voxel_count
    found = given(surface_mm=site.surface_mm, vessels_mm=dict(site.vessels_mm) or None)
    if site.voxels_in_none is None:
        return found
    return {
        **found,
        "segments": [
            {"name": name, "volume_ml": voxels * voxel_ml, "percent": 100 * voxels / whole}
            for name, voxels in site.voxels_in.items()
        ],
        "in_no_segment_ml": site.voxels_in_none * voxel_ml,
        "clears_with": list(site.needs),
        "bilobar": site.is_bilobar,
    }


def _summary(lesions: Lesions) -> Record:
    return given(
        count=lesions.count,
        count_by_faces=lesions.count_by_faces,
        connectivity=26,
        origin=lesions.origin,
        least_ml=float(lesions.least_ml),
        dropped=lesions.dropped,
        largest_axial_cm=as_float(lesions.largest_cm),
        diameter="longest axial, between outer voxel corners",
        by_definition=[_definition(one) for one in lesions.definitions] or None,
    )


def _definition(one: Definition) -> Record:
    return given(
        connectivity=one.connectivity,
        least_ml=float(one.least_ml),
        count=one.count,
        largest_axial_cm=as_float(one.largest_cm),
    )


def _segments(plan: Plan) -> Record:
    measured = plan.measured
    if measured.segments is None or measured.volumes is None:
        return {}
    voxel_ml, whole = measured.volumes.voxel_ml, measured.volumes.nontumorous_voxels
    return {
        "segments": [
            {
                "name": segment.name,
                "voxels": segment.voxels,
                "volume_ml": segment.voxels * voxel_ml,
                "nontumorous_ml": segment.nontumorous_voxels * voxel_ml,
                "nontumorous_percent": 100 * segment.nontumorous_voxels / whole,
            }
            for segment in measured.segments
        ]
    }


def baseline_record(plan: Plan) -> Record:
    """Tell the lesions of an earlier scan; absent where none was given."""
    if plan.measured.baseline is None:
        return {}
    return {
        "baseline_lesions": [
            given(
                number=one.number,
                centre_mm=list(one.centre_mm),
                volume_ml=one.volume_ml,
                seen_now=one.is_seen,
                seen_as=list(one.seen_as),
                clears_with=list(one.needs),
                in_remnant=one.in_remnant,
            )
            for one in plan.measured.baseline
        ]
    }


def _denominators(plan: Plan) -> Record:
    estimates = plan.estimates
    if estimates is None:
        return {}
    return {
        "denominators": [
            given(
                name=one.name,
                ml=one.ml,
                flr_percent=one.flr_percent,
                formula=one.formula.text if one.formula else None,
                population=one.formula.population if one.formula else None,
                bsa=(one.formula.bsa or "mosteller")
                if one.formula and one.formula.needs_bsa
                else None,
                source=one.formula.source if one.formula else None,
            )
            for one in estimates.denominators
        ],
        "body": _body(estimates),
    }


def _body(estimates: BodyEstimates) -> Record:
    size, spread = estimates.size, estimates.spread_percent
    return given(
        weight_kg=float(estimates.weight_kg),
        height_cm=None if size is None else float(size.height_cm),
        bsa_m2=None
        if size is None
        else {name: size.bsa_m2(name) for name in ("mosteller", "dubois", "haycock")},
        sflr_percent=estimates.sflr_percent,
        sflr_spread_percent=None if spread is None else list(spread),
        flr_bw_percent=as_float(estimates.flr_bw_percent),
    )
