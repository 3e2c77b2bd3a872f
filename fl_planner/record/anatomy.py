"""Lesions, lesions of a previous scan, segments, and their voxels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from fl_planner.basis.clinical_codes import CM
from fl_planner.liver.lesions.lesions import Lesion, Lesions, root
from fl_planner.liver.lesions.locations import LesionSite, are_bilobar
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import (
    Count,
    Ml,
    Mm,
    Number,
    Percent,
    RecordKeys,
    RecordPart,
    Segments,
    SomeVoxels,
    Unit,
    Voxels,
    as_float,
    as_part,
    column,
    measured_in,
    one_of,
    says,
)
from fl_planner.record.vessel_territory import VesselContactRecord, list_contacts
from fl_planner.space.coarse import Frame
from fl_planner.space.components import Connectivity

if TYPE_CHECKING:  # most have one scan
    from fl_planner.liver.vessels.contact import VesselContact

Cm = Annotated[float, measured_in(Unit("cm", CM), 0)]
LeastMl = Annotated[Ml, says("Volume below which pieces are not counted")]
Edge = Annotated[Mm, says("Edge")]
VoxelEdges = Annotated[
    tuple[Edge, Edge, Edge],
    says(
        "Voxel edges along the axes closest to right-left, anterior-posterior and "
        "superior-inferior, mm; in the stored order if the position is unknown."
    ),
]


class LesionSegmentRecord(RecordPart):
    """Part of a lesion in one segment."""

    name: Annotated[str, says("Segment.")]
    volume_ml: Ml
    percent: Annotated[Percent, says("Share of the lesion's volume that is in this segment.")]


class LesionRecord(RecordPart):
    """A lesion of the tumour mask."""

    number: Annotated[Number, says("Identifying number of the lesion in this result.")]
    voxels: Annotated[SomeVoxels, says("Voxels.")]
    volume_ml: Annotated[Ml, says("Volume")]
    axial_diameter_mm: Annotated[Mm, says("Longest axial diameter, between outer voxel corners")]
    axial_centre_mm: Annotated[Mm, says("Longest axial diameter, between voxel centres")]
    longest_diameter_mm: Annotated[Mm, says("Longest diameter in 3D, between outer voxel corners")]
    longest_centre_mm: Annotated[Mm, says("Longest diameter in 3D, between voxel centres")]
    sphere_diameter_mm: Annotated[
        Mm, says("Diameter of the sphere that has the volume of the lesion")
    ]
    surface_mm: Annotated[Mm | None, says("Distance to the liver surface")] = None
    vessels_mm: Annotated[dict[str, Mm] | None, says("Distance to each drawn vessel, mm.")] = None
    vessel_contacts: Annotated[
        tuple[VesselContactRecord, ...],
        says("Distance to each drawn vessel, with length and area of contact."),
    ] = ()
    segments: Annotated[
        tuple[LesionSegmentRecord, ...] | None, says("Segments in which the lesion is located.")
    ] = None
    in_no_segment_ml: Annotated[Ml | None, says("Volume outside all segments")] = None
    clears_with: Segments | None = None
    bilobar: Annotated[bool | None, says("Whether the lesion extends into both lobes.")] = None


class DefinitionRecord(RecordPart):
    """Lesions by one definition."""

    connectivity: Annotated[Connectivity, says("Neighbours.")]
    least_ml: LeastMl
    count: Annotated[Count, says("Lesions.")]
    largest_axial_cm: Annotated[Cm | None, says("Longest axial diameter of the largest lesion")] = (
        None
    )


class LesionSummaryRecord(RecordPart):
    """All lesions together."""

    count: Annotated[
        Count,
        says("Lesions."),
        column("lesion_count", "number of lesions in the tumour mask", type="integer"),
    ]
    count_by_faces: Annotated[
        Count,
        says(
            "Number of lesions if pieces that touch only at an edge or "
            "corner are counted separately."
        ),
    ]
    connectivity: Literal[26] = 26
    origin: Annotated[
        str,
        one_of(
            "Counting method: connected pieces, or labels of the mask.", ("components", "labels")
        ),
    ]
    least_ml: LeastMl
    dropped: Annotated[Count, says("Number of pieces not counted.")]
    diameter: Annotated[str, says("Definition of the diameter.")] = (
        "longest axial diameter, between outer voxel corners"
    )
    largest_axial_cm: Annotated[
        Cm | None,
        says("Longest axial diameter of the largest lesion"),
        column("lesion_largest_cm", "longest axial diameter of the largest lesion"),
    ] = None
    bilobar: Annotated[
        bool | None,
        says("Whether lesions are present in both lobes."),
        column("lesion_bilobar", "whether lesions are present in both lobes"),
    ] = None
    by_definition: Annotated[
        tuple[DefinitionRecord, ...], says("Lesion counts obtained by other methods.")
    ] = ()


class BaselineLesionRecord(RecordPart):
    """Lesion of a previous scan."""

    number: Annotated[Number, says("Identifying number of the lesion on the previous scan.")]
    centre_mm: Annotated[
        tuple[Annotated[float, says("mm.")], ...], says("Position of the lesion centre, RAS+ mm.")
    ]
    volume_ml: Annotated[
        Ml | None, says("Previous volume, mL; absent if only a point was given.")
    ] = None
    seen_now: Annotated[
        bool, says("Whether this scan shows a lesion at the same site, or up to 10 mm away.")
    ]
    seen_as: Annotated[
        tuple[Annotated[Number, says("Number.")], ...],
        says("Numbers that identify the lesions on this scan."),
    ]
    clears_with: Segments
    in_remnant: Annotated[
        bool | None, says("Whether the planned remnant includes part of the site.")
    ] = None


class SegmentRecord(RecordPart):
    """A segment of the label map."""

    name: Annotated[str, says("Segment, 1 to 8, 4a or 4b.")]
    voxels: Annotated[Voxels, says("Voxels.")]
    volume_ml: Annotated[Ml, column("seg{}_ml", "segment {}, with tumour")]
    nontumorous_ml: Annotated[Ml, says("Volume without tumour")]
    nontumorous_percent: Annotated[
        Percent, says("Segment without tumour, as a share of the denominator")
    ]
    flr_ml: Annotated[Ml | None, says("Volume within the remnant")] = None


class LesionKeys(RecordKeys):
    """Lesions of this and a previous scan; absent if not given."""

    lesions: Annotated[tuple[LesionRecord, ...] | None, says("Lesions.")] = None
    lesion_summary: LesionSummaryRecord | None = None
    baseline_lesions: Annotated[
        tuple[BaselineLesionRecord, ...] | None, says("Lesions on a previous scan.")
    ] = None

    @property
    def count(self) -> int:
        """Number of lesions on this scan; 0 if none was drawn."""
        return 0 if self.lesion_summary is None else self.lesion_summary.count


def as_lesions(plan: Plan) -> LesionKeys:
    """Describe the size and location of each lesion."""
    measured = plan.measured
    lesions, sites, baseline = measured.lesions, measured.sites, measured.baseline
    earlier = None
    if baseline is not None:
        earlier = tuple(
            as_part(BaselineLesionRecord, one, seen_now=one.is_seen, clears_with=one.needs)
            for one in baseline
        )
    if lesions is None or sites is None:
        return LesionKeys(baseline_lesions=earlier)
    contacts = ((),) * len(sites) if measured.vessels is None else measured.vessels.lesions
    return LesionKeys(
        lesions=tuple(
            _as_lesion(*each) for each in zip(lesions.items, sites, contacts, strict=True)
        ),
        lesion_summary=_summarise(lesions, are_bilobar(sites) if measured.segments else None),
        baseline_lesions=earlier,
    )


def as_segments(plan: Plan) -> tuple[SegmentRecord, ...] | None:
    """Describe each segment of the label map; None if no map was given."""
    segments, volumes = plan.measured.segments, plan.measured.volumes
    if segments is None:
        return None
    return tuple(
        SegmentRecord(
            name=one.name,
            voxels=one.voxels,
            volume_ml=one.voxels * volumes.voxel_ml,
            nontumorous_ml=one.nontumorous_voxels * volumes.voxel_ml,
            nontumorous_percent=100 * one.nontumorous_voxels / volumes.nontumorous_voxels,
            flr_ml=None if one.flr_voxels is None else one.flr_voxels * volumes.voxel_ml,
        )
        for one in segments
    )


def find_voxel_edges(plan: Plan) -> tuple[float, float, float]:
    """Return the voxel edges along the patient axes, the spacing of axial slices last."""
    return Frame.of(plan.case.anatomy.liver.grid).upright.spacing_mm


def _as_lesion(lesion: Lesion, site: LesionSite, contacts: Iterable[VesselContact]) -> LesionRecord:
    """Describe one lesion, with its segments if a map gives them."""
    mask, sizes, mapped = lesion.mask, lesion.diameters, site.voxels_in_none is not None
    voxel_ml, whole = mask.grid.voxel_ml, mask.voxel_count
    parts = (
        LesionSegmentRecord(name=name, volume_ml=voxels * voxel_ml, percent=100 * voxels / whole)
        for name, voxels in site.voxels_in.items()
    )
    return LesionRecord(
        number=lesion.number,
        voxels=whole,
        volume_ml=mask.volume_ml,
        axial_diameter_mm=float(root(sizes.axial_outer_mm2)),
        axial_centre_mm=float(root(sizes.axial_centre_mm2)),
        longest_diameter_mm=float(root(sizes.longest_outer_mm2)),
        longest_centre_mm=float(root(sizes.longest_centre_mm2)),
        sphere_diameter_mm=lesion.sphere_diameter_mm,
        surface_mm=site.surface_mm,
        vessels_mm=dict(site.vessels_mm) or None,
        vessel_contacts=list_contacts(contacts),
        segments=tuple(parts) if mapped else None,
        in_no_segment_ml=None if site.voxels_in_none is None else site.voxels_in_none * voxel_ml,
        clears_with=site.needs if mapped else None,
        bilobar=site.is_bilobar if mapped else None,
    )


def _summarise(lesions: Lesions, bilobar: bool | None) -> LesionSummaryRecord:
    return LesionSummaryRecord(
        count=lesions.count,
        count_by_faces=lesions.count_by_faces,
        origin=lesions.origin,
        least_ml=float(lesions.least_ml),
        dropped=lesions.dropped,
        largest_axial_cm=as_float(lesions.largest_cm),
        bilobar=bilobar,
        by_definition=tuple(
            as_part(DefinitionRecord, one, largest_axial_cm=one.largest_cm)
            for one in lesions.definitions
        ),
    )
