"""How near vessels lie to a lesion or to the cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import Mm, Mm2, says

if TYPE_CHECKING:  # loaded where a vessel was drawn
    from fl_planner.liver.vessels.contact import VesselContact

VesselName = Annotated[str, says("Name of the vessel, middle_hepatic_vein.")]


class NearPartRecord(RecordPart):
    """What of a vessel lies within a distance."""

    within_mm: Annotated[Mm, says("Centre to centre, or touching")]
    length_mm: Annotated[Mm, says("Along the vessel")]
    area_mm2: Annotated[Mm2, says("Of its wall")]


class VesselContactRecord(RecordPart):
    """How near a vessel lies."""

    vessel: VesselName
    least_mm: Annotated[Mm, says("Least distance, centre to centre; 0 where they share a voxel")]
    near: Annotated[
        tuple[NearPartRecord, ...], says("Within 1, 5 and 10 mm; absent where none lies there.")
    ] = ()


def list_contacts(contacts: Iterable[VesselContact]) -> tuple[VesselContactRecord, ...]:
    """Tell the contact of a lesion, or of the cut, with each vessel, the nearest one first."""
    return tuple(
        VesselContactRecord(
            vessel=one.vessel,
            least_mm=one.least_mm,
            near=tuple(as_part(NearPartRecord, part) for part in one.near),
        )
        for one in sorted(contacts, key=lambda one: one.least_mm)
    )
