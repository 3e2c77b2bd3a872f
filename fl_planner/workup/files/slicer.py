"""Masks of a case or plan as files for 3D Slicer and as NIfTI."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.formats.nifti.write import exact_values
from fl_planner.formats.nrrd.write import assign_layers, nrrd_bytes, segment_keys
from fl_planner.formats.segments.colours import colour_of
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.carried import keep_of_masks
from fl_planner.formats.write import as_nifti, read_back, require_no_mark
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.names.structures import EXCLUDE
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan
from fl_planner.report.plan_structures import list_parts
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask

MASKS_FILE, CT_FILE = "slicer.seg.nrrd", "slicer_ct.nrrd"


def as_slicer(case: Case, limits: Limits) -> dict[str, bytes]:
    """Format the drawn masks, and the CT if available, as files for 3D Slicer.

    The names are recognised when a corrected file is read again.

    Raises `InputRefused`: `convert.carried` if a mask was carried, which such a file cannot record.
    """
    grid = case.anatomy.liver.grid
    require_no_mark(case.id or "case", keep_of_masks(case.findings))
    named = enumerate(_list_masks(case.anatomy), start=1)
    structures = tuple(Structure.of(number, mask, name, name) for number, (name, mask) in named)
    colours = [colour_of(structure.called) for structure in structures]
    voxels, layers = assign_layers(structures, grid)
    masks = nrrd_bytes(voxels, grid, MASKS_FILE, segment_keys(structures, layers, grid, colours))
    read_back(masks, MASKS_FILE, ConvertedFile(MASKS_FILE, grid, (), (), structures), limits)
    return {MASKS_FILE: masks} | ({} if case.ct is None else {CT_FILE: _as_nrrd(case.ct, limits)})


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

    `fl-planner volume` counts the same voxels in these files. Carried masks remain marked.
    """
    findings, written = keep_of_masks(plan.case.findings), {}
    for part, mask in list_parts(plan):
        name = f"{part}.nii.gz"
        structure = Structure.of(1, mask, part, part)
        converted = ConvertedFile(name, mask.grid, (), findings, (structure,))
        written[name] = as_nifti(converted, name).content
        read_back(written[name], name, converted, limits)
    return written
