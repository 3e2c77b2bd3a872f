"""Masks of a case or plan as files for 3D Slicer and as NIfTI."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.formats.nifti.write import exact_values
from fl_planner.formats.nrrd.write import lay_segments, nrrd_bytes, segment_keys
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.write import as_nifti, read_back, require_no_mark
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.names.structures import EXCLUDE
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan
from fl_planner.report.picture.draw.colours import LOOKS
from fl_planner.report.picture.slices.sections import KINDS
from fl_planner.report.plan_structures import list_parts
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask

MASKS_FILE, CT_FILE = "slicer.seg.nrrd", "slicer_ct.nrrd"
COLOURS = {  # those of the pictures; segments are distinguishable with colour blindness
    "liver": (0.93, 0.84, 0.76), "tumour": (0.84, 0.37, 0.0), "flr": (0.34, 0.71, 0.91),
    "resected": (0.6, 0.6, 0.6), "treated": (0.8, 0.47, 0.65), "segment_1": (0.94, 0.89, 0.26),
    "segment_2": (0.0, 0.45, 0.7), "segment_3": (0.55, 0.83, 0.95), "segment_4": (0.0, 0.62, 0.45),
    "segment_4a": (0.0, 0.62, 0.45), "segment_4b": (0.45, 0.8, 0.62), "segment_5": (0.9, 0.62, 0.0),
    "segment_6": (0.52, 0.24, 0.0), "segment_7": (0.7, 0.4, 0.6), "segment_8": (0.98, 0.8, 0.6),
    **{name: LOOKS[kind].colour for kind, names in KINDS.items() for name in names},
}  # fmt: skip
OTHER = (0.85, 0.78, 0.15)


def as_slicer(case: Case, limits: Limits) -> dict[str, bytes]:
    """Format the drawn masks, and the CT if available, as files for 3D Slicer.

    The names are recognised when a corrected file is read again.

    Raises `InputRefused`: `convert.carried` if a mask was carried, which such a file cannot record.
    """
    grid = case.anatomy.liver.grid
    require_no_mark(case.id or "case", case.findings)
    named = enumerate(_list_masks(case.anatomy), start=1)
    structures = tuple(Structure.of(number, mask, name, name) for number, (name, mask) in named)
    colours = [COLOURS.get(structure.called, OTHER) for structure in structures]
    voxels, layers = lay_segments(structures, grid)
    keys = segment_keys(structures, layers, grid, colours)
    masks = nrrd_bytes(voxels, grid, MASKS_FILE, keys)
    read_back(masks, MASKS_FILE, ConvertedFile(MASKS_FILE, grid, (), (), structures), limits)
    ct = {} if case.ct is None else {CT_FILE: _as_nrrd(case.ct, limits)}
    return {MASKS_FILE: masks} | ct


def _as_nrrd(ct: Image, limits: Limits) -> bytes:
    content = nrrd_bytes(exact_values(ct.voxels, ct.slope, ct.inter), ct.grid, CT_FILE)
    read_back(content, CT_FILE, ConvertedFile(CT_FILE, ct.grid, (), (), (), ct), limits)
    return content


def _list_masks(anatomy: Anatomy) -> Iterator[tuple[str, Mask]]:
    """List the masks with voxels, by the names of `liver/names/structures.py`."""
    segments = dict(anatomy.drawn_segments)
    if segments.keys() >= {*HALVES}:
        segments.pop("4", None)
    roles = ("liver", "tumour", "flr", "resected", "treated")
    named = {role: getattr(anatomy, role) for role in roles}
    named |= {f"segment_{name}": mask for name, mask in segments.items()}
    named |= {f"{EXCLUDE}{mask.name}": mask for mask in anatomy.excluded}
    twice = {id(mask) for mask in anatomy.excluded}
    vessels = {name: mask for name, mask in anatomy.vessels.items() if id(mask) not in twice}
    named |= vessels
    return ((name, mask) for name, mask in named.items() if mask is not None and mask.voxel_count)


def as_niftis(plan: Plan, limits: Limits) -> dict[str, bytes]:
    """Format liver, tumour, remnant and treated area, if available, as NIfTI files.

    `fl-planner volume` counts the same voxels in them. Carried masks keep their mark.
    """
    findings, written = plan.case.findings, {}
    for part, mask in list_parts(plan):
        name = f"{part}.nii.gz"
        structure = Structure.of(1, mask, part, part)
        converted = ConvertedFile(name, mask.grid, (), findings, (structure,))
        written[name] = as_nifti(converted, name).content
        read_back(written[name], name, converted, limits)
    return written
