"""Territories of branches, and distances of vessels to lesions and cuts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from fl_planner.liver.names.structures import TREES
from fl_planner.liver.vessels.limits import REACHES_MM
from fl_planner.record.declaration.part import (
    Ml,
    Mm,
    Mm2,
    RecordPart,
    Segments,
    Unit,
    Voxels,
    as_part,
    measured_in,
    one_of,
    says,
)

if TYPE_CHECKING:
    from fl_planner.liver.vessels.contact import VesselContact
    from fl_planner.liver.vessels.supply.loss import BranchTerritory, VoxelRange

AT_MM, NEAR_MM, FAR_MM = (f"{mm:g}" for mm in REACHES_MM)
VesselName = Annotated[str, says("Name of the vessel, for example middle_hepatic_vein.")]


class NearPartRecord(RecordPart):
    """Part of a vessel within a distance."""

    within_mm: Annotated[
        Mm,
        says(
            "Maximum distance to the vessel, between voxel centres, mm; touching voxels are "
            "always included."
        ),
    ]
    length_mm: Annotated[Mm, says("Length of the vessel within `within_mm`")]
    area_mm2: Annotated[Mm2, says("Area of the vessel wall within `within_mm`")]


class VesselContactRecord(RecordPart):
    """Distance and contact of a vessel."""

    vessel: VesselName
    least_mm: Annotated[
        Mm,
        says("Smallest distance to the vessel, between voxel centres, mm; 0 if a voxel is shared."),
    ]
    near: Annotated[
        tuple[NearPartRecord, ...],
        says(f"Contact within {AT_MM}, {NEAR_MM} and {FAR_MM} mm; absent if there is none."),
    ] = ()


def list_contacts(contacts: Iterable[VesselContact]) -> tuple[VesselContactRecord, ...]:
    """Describe the contact of a lesion, or of the cut, with each vessel, nearest first."""
    return tuple(
        as_part(
            VesselContactRecord, one, near=tuple(as_part(NearPartRecord, part) for part in one.near)
        )
        for one in sorted(contacts, key=lambda one: one.least_mm)
    )


class LiverRangeRecord(RecordPart):
    """Amount of liver, with the minimum and maximum of the estimates.

    Without an estimate if the effect of a cut is uncertain: only the range applies.
    """

    voxels: Annotated[Voxels | None, says("Liver, voxels; absent if uncertain.")] = None
    volume_ml: Annotated[Ml | None, says("Liver volume; absent if uncertain")] = None
    low_ml: Annotated[Ml, says("Minimum of the estimates")]
    high_ml: Annotated[Ml, says("Maximum of the estimates")]


class SegmentPartRecord(RecordPart):
    """Part of a territory in one segment."""

    name: Annotated[str, says("Segment.")]
    volume_ml: Ml


class MapAgreementRecord(RecordPart):
    """Comparison of a territory with the segments named for its branch."""

    segments: Segments
    segments_ml: Annotated[
        Ml, says("Non-tumorous liver in the segments that the branch supplies by its name")
    ]
    shared_ml: Annotated[
        Ml, says("Territory within the segments that the branch supplies by its name")
    ]
    beside_ml: Annotated[Ml, says("Territory in other segments, excluding the caudate lobe")]
    dice: Annotated[
        float,
        measured_in(Unit("1"), 0, 1),
        says("Dice coefficient: twice the shared volume divided by the sum of the two volumes."),
    ]


class TerritoryRecord(RecordPart):
    """Territory of a separately drawn branch."""

    tree: Annotated[str, one_of("Tree to which the branch belongs.", TREES)]
    vessel: VesselName
    territory: LiverRangeRecord
    by_segment: Annotated[tuple[SegmentPartRecord, ...], says("Segments in the territory.")] = ()
    agreement: MapAgreementRecord | None = None


def as_territory(one: BranchTerritory, voxel_ml: float) -> TerritoryRecord:
    """Describe the territory of a separately drawn branch, compared with the map."""
    dice = one.dice
    return TerritoryRecord(
        tree=one.tree,
        vessel=one.branch,
        territory=as_range(one.territory, voxel_ml),
        by_segment=tuple(
            SegmentPartRecord(name=name, volume_ml=voxels * voxel_ml)
            for name, voxels in one.by_segment.items()
            if voxels
        ),
        agreement=None
        if dice is None
        else MapAgreementRecord(
            segments=one.segments,
            segments_ml=one.segments_voxels * voxel_ml,
            shared_ml=one.shared_voxels * voxel_ml,
            beside_ml=one.beside_voxels * voxel_ml,
            dice=float(dice),
        ),
    )


def as_range(lost: VoxelRange, voxel_ml: float, *, is_uncertain: bool = False) -> LiverRangeRecord:
    """Describe an amount of liver with the range of its readings; the range alone if uncertain."""
    return LiverRangeRecord(
        voxels=None if is_uncertain else lost.voxels,
        volume_ml=None if is_uncertain else lost.voxels * voxel_ml,
        low_ml=lost.low * voxel_ml,
        high_ml=lost.high * voxel_ml,
    )
