"""Texts on the picture of a plan: positions of the sections, legend, and cautions."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fl_planner.basis.findings import Finding, Severity, in_order
from fl_planner.basis.shown import as_number
from fl_planner.liver.names.structures import name_segments
from fl_planner.liver.remnant import find_carried_mm
from fl_planner.report.picture.draw.colours import VESSEL_NAMES
from fl_planner.report.picture.slices.cuts import CONTACT, CUT, ENDS, LEVEL_HU, WIDTH_HU, LayerView
from fl_planner.report.picture.slices.sections import (
    LOST_PARTS,
    Picture,
    Section,
    list_surroundings,
    name_surroundings,
    shows_calliper,
    shows_image,
)

MOST_FINDINGS = 3
MOST_CUTS = 8  # in the legend
RIGHT_ON_THE_LEFT = "Radiological convention: patient's right on the left of the picture"
CONVENTION = f"{RIGHT_ON_THE_LEFT}; in the sagittal section, anterior on the left."
WITHOUT_SAGITTAL = f"{RIGHT_ON_THE_LEFT}."
NO_SIDE = (
    "Side and orientation are undetermined, because the files do not state the patient position. "
    "Do not infer left or right from this picture."
)
NO_CT = (
    "The CT is not shown: one of the files does not state its position in the patient, so the "
    "alignment of CT and masks is unknown."
)
CT_ENDS = "The CT does not cover the whole liver in these sections; areas without CT are black."
NAMES = {  # in the order of the legend
    "liver": "liver",
    "segments": "Couinaud segments",
    "tumour": "tumour",
    "remnant": "future liver remnant (FLR)",
    "inflow_lost": "FLR without portal inflow (devascularised)",
    "outflow_lost": "FLR without venous outflow (congested)",
    "treated": "treated area",
    "excluded": "excluded structures",
    **VESSEL_NAMES,
    "calliper": "axial diameter",
    CUT: "cut",
    CONTACT: "shortest distance from lesion to vessel",
}
NEAREST = (
    "FLR without inflow or outflow is estimated as the part nearest to vessels that are cut or "
    "resected; this is not a perfusion study."
)
AWAY = "Dashed crosses and dashed distance lines belong to slices that are not shown."


class Note(NamedTuple):
    """A sentence below the sections; `loud` if it prevents a wrong conclusion."""

    text: str
    loud: bool = False


def name_layer(cut: LayerView) -> str:
    """Name the layer of a section by its position in mm as in viewers, otherwise by its number."""
    frame, view = cut.frame, cut.view
    which = f"slice {cut.layer + 1} of {frame.upright.shape[view.across]}"
    if not frame.upright.placed:
        return f"{which} along axis {view.across + 1}".capitalize()
    if frame.oblique:
        return f"{view.name.capitalize()}, {which}"
    letter = ENDS[view.across][cut.place_mm < 0]
    return f"{view.name.capitalize()}, {letter} {as_number(abs(cut.place_mm))} mm"


def describe_layer_choice(cut: LayerView, picture: Picture) -> str:
    """Describe the reason for choosing this layer."""
    if picture.calliper is not None and shows_calliper(picture, cut):
        return f"through the {picture.calliper.says}"
    if not cut.for_lesion:
        return "largest liver section"
    return (
        "largest liver section through the "
        f"{'tumour' if picture.lesion is None else 'largest lesion'}"
    )


def find_entries(picture: Picture, sections: Sequence[Section]) -> tuple[tuple[str, str], ...]:
    """List the parts drawn in any section with their labels, for the legend."""
    drawn = _drawn(sections)
    labels = name_parts(picture) | _name_surroundings(picture, sections, shown=True)
    entries = [(part, label) for part, label in labels.items() if part in drawn and part != CUT]
    cuts = [mark.says for mark in picture.marks if mark.part == CUT]
    more = len(cuts) - MOST_CUTS
    cuts = [*cuts[:MOST_CUTS], *([f"further cuts: {more}"] if more > 0 else [])]
    return (*entries, *((CUT, says) for says in cuts))


def list_notes(picture: Picture, sections: tuple[Section, ...]) -> tuple[Note, ...]:
    """List the notes on the sections."""
    frame, drawn = sections[0].panel.cut.frame, _drawn(sections)
    notes = [Note(f"{picture.not_to_use}.", loud=True)] if picture.not_to_use else []
    sagittal = any(one.panel.cut.view.across == 0 for one in sections)
    sides = Note(CONVENTION if sagittal else WITHOUT_SAGITTAL)
    notes += [sides if frame.upright.placed else Note(NO_SIDE, loud=True)]
    if frame.oblique:
        turned = f"tilted by up to {as_number(frame.tilt_degrees)} degrees"
        followed = (
            f"Oblique grid: the sections follow the scan axes, which are {turned} relative to the "
            "patient's axes."
        )
        notes.append(Note(followed, loud=True))
    if shows_image(picture):
        window = f"level {LEVEL_HU:g}, width {WIDTH_HU:g} HU"
        notes.append(Note(f"CT window: {window}. Mask outlines follow the voxel edges."))
        if not all(section.covered for section in sections):
            notes.append(Note(CT_ENDS, loud=True))
    elif picture.image is not None:
        notes.append(Note(NO_CT, loud=True))
    if drawn & {*LOST_PARTS}:
        notes.append(Note(NEAREST))
    if any(one.distance_mm for section in sections for one in section.marks):
        notes.append(Note(AWAY))
    missed = {part: NAMES[part] for one in sections for part in one.parts if part not in drawn}
    missed |= _name_surroundings(picture, sections, shown=False)
    if names := "; ".join(missed[part] for part in NAMES if part in missed):
        notes.append(Note(f"Not in these sections: {names}.", loud=True))
    return tuple(notes)


def name_parts(picture: Picture) -> dict[str, str]:
    """Label every part, in the order of the legend, with all of its structures."""
    lost = {part: f"{NAMES[part]}, {one.says}" for part, one in picture.lost.items()}
    every = _name_surroundings(picture, (), shown=False)
    return NAMES | every | {"remnant": _describe_remnant(picture)} | lost


def _name_surroundings(
    picture: Picture, sections: Sequence[Section], *, shown: bool
) -> dict[str, str]:
    """Name excluded parts and vessels by kind, with the structures that sections show or not."""
    cuts = [section.panel.cut for section in sections]
    named = {}
    for part, masks in list_surroundings(picture.anatomy).items():
        if chosen := [one for one in masks if shown is any(cut.plane(one).any() for cut in cuts)]:
            named[part] = name_surroundings(part, chosen)
    return named


def choose_findings(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], int]:
    """Select the most severe findings, errors first, and count the others, without infos."""
    grave = [f for f in in_order(findings) if f.severity is not Severity.INFO]
    return tuple(grave[:MOST_FINDINGS]), len(grave[MOST_FINDINGS:])


def _drawn(sections: Iterable[Section]) -> set[str]:
    drawn = set()
    for section in sections:
        drawn |= {part for part, plane in section.parts.items() if plane.any()}
        if any(plane.any() for plane in section.segments.values()):
            drawn.add("segments")
        if section.calliper is not None:
            drawn.add("calliper")
        drawn |= {one.mark.part for one in section.marks}
    return drawn


def _describe_remnant(picture: Picture) -> str:
    remnant, name = picture.remnant, NAMES["remnant"]
    if remnant is not None and find_carried_mm(picture.anatomy, remnant) is not None:
        name = f"{name}, carried over from another scan"
        if remnant.origin == "drawn":
            return name
    cut = None if remnant is None or remnant.transection is None else remnant.transection.describe()
    if remnant is not None and remnant.origin == "segments":
        name = f"{name}, {name_segments(remnant.segments)}"
        return name if cut is None else f"{name}, cut by {cut}"
    if cut is not None:
        return f"{name}, cut by {cut}"
    return f"{name}, {'without the resected part' if picture.anatomy.resected else 'as drawn'}"
