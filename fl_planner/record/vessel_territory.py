"""The liver that lives on a branch, and how near vessels lie to lesions and cuts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.constants import REACHES_MM
from fl_planner.liver.names.structures import TREES
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
    """What of a vessel lies within a distance."""

    within_mm: Annotated[Mm, says("Distance between voxel centres, or contact")]
    length_mm: Annotated[Mm, says("Length along the vessel")]
    area_mm2: Annotated[Mm2, says("Area of its wall")]


class VesselContactRecord(RecordPart):
    """How near a vessel lies."""

    vessel: VesselName
    least_mm: Annotated[
        Mm, says("Smallest distance, between voxel centres; 0 if they share a voxel")
    ]
    near: Annotated[
        tuple[NearPartRecord, ...],
        says(f"Contact within {AT_MM}, {NEAR_MM} and {FAR_MM} mm; absent if there is none."),
    ] = ()


def list_contacts(contacts: Iterable[VesselContact]) -> tuple[VesselContactRecord, ...]:
    """Tell the contact of a lesion, or of the cut, with each vessel, the nearest one first."""
    return tuple(
        as_part(
            VesselContactRecord,
            one,
            near=tuple(as_part(NearPartRecord, part) for part in one.near),
        )
        for one in sorted(contacts, key=lambda one: one.least_mm)
    )


class LiverRangeRecord(RecordPart):
    """An amount of liver, and the least and most of its readings."""

    voxels: Annotated[Voxels, says("Liver")]
    volume_ml: Annotated[Ml, says("The same")]
    low_ml: Annotated[Ml, says("Minimum of the estimates")]
    high_ml: Annotated[Ml, says("Maximum of the estimates")]


class SegmentPartRecord(RecordPart):
    """A territory's part in one segment."""

    name: Annotated[str, says("Segment.")]
    volume_ml: Ml


class MapAgreementRecord(RecordPart):
    """A territory beside the segments that its branch supplies by name."""

    segments: Segments
    segments_ml: Annotated[Ml, says("Non-tumorous liver of these segments")]
    shared_ml: Annotated[Ml, says("Territory within these segments")]
    beside_ml: Annotated[Ml, says("Territory in other segments, without the caudate lobe")]
    dice: Annotated[
        float,
        measured_in(Unit("1"), 0, 1),
        says("Dice coefficient: twice the common volume over the sum of both volumes."),
    ]


class TerritoryRecord(RecordPart):
    """The liver on a branch that was drawn by itself."""

    tree: Annotated[str, one_of("Tree of the branch.", TREES)]
    vessel: VesselName
    territory: LiverRangeRecord
    by_segment: Annotated[tuple[SegmentPartRecord, ...], says("Segments of the territory.")] = ()
    agreement: MapAgreementRecord | None = None


def as_territory(one: BranchTerritory, voxel_ml: float) -> TerritoryRecord:
    """Tell the liver on a branch that was drawn by itself, beside the map."""
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


def as_range(lost: VoxelRange, voxel_ml: float) -> LiverRangeRecord:
    """Tell an amount of liver, and the range of its readings."""
    return LiverRangeRecord(
        voxels=lost.voxels,
        volume_ml=lost.voxels * voxel_ml,
        low_ml=lost.low * voxel_ml,
        high_ml=lost.high * voxel_ml,
    )
