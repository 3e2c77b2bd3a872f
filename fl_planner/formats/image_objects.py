"""Read and create objects of nibabel, SimpleITK and pydicom in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec import structs

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.extras import OF_REGISTRATION, require_registration
from fl_planner.basis.findings import Finding, InputRefused, quietly
from fl_planner.formats.array_image import (
    ArrayImage,
    as_array,
    as_decimal,
    as_voxels,
    find_array_grid,
    refuse_geometry,
)
from fl_planner.formats.dicom.uids import CT, KINDS, OTHER_KIND
from fl_planner.formats.nifti.header import (
    ANALYZE,
    EXPORT_NIFTI,
    INVALID_EXTENSION,
    MM_PER_UNIT,
    QFORM_USED,
    SINGULAR_SFORM,
    Header,
    compute_grid,
    find_other_unit,
    read_label_names,
)
from fl_planner.formats.nifti.write import exact_values, nifti_image
from fl_planner.formats.stored.source import HeldDicom, HeldImage, Source
from fl_planner.formats.voxels.carried import (
    KEY,
    carried_text,
    consensus_text,
    find_carried,
    join_marks,
    read_author,
)
from fl_planner.formats.voxels.geometry import (
    LPS_TO_RAS,
    SAME_LENGTH,
    Matrix,
    decimal_of,
    decode,
    is_singular,
    numbers,
    whole_numbers,
)
from fl_planner.formats.voxels.voxel_file import CLASS_KEY, remedy_of_frames
from fl_planner.space.grid import TO_RAS, Grid, Image
from fl_planner.space.mask import Mask

KEY_WRITTEN = "ITK_FileNotes"  # key that SimpleITK writes as the text of a NIfTI header
STRAIGHT = 1e-4  # tolerance of an axis, per length of a grid, for rounding of a header


class Placement(NamedTuple):
    """Position of a grid in SimpleITK: in mm, x to the left and y to the back."""

    size: tuple[int, int, int]
    origin: tuple[float, ...]
    spacing: tuple[float, float, float]
    direction: tuple[float, ...]


def load_simpleitk() -> Any:
    """Load SimpleITK, which is large, only on use.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    require_registration()
    return import_module(OF_REGISTRATION)


def to_sitk(held: Mask | Image) -> Any:
    """Convert a mask (0 and 1) or an image (its values, such as HU) to a `SimpleITK.Image`.

    The origin of a mask (carried, a consensus, its author) is stated in `descrip`, as in a file.

    Raises `InputRefused`: `extra.missing` without SimpleITK, `image.no_place` for an undetermined
    position in the patient, `image.sheared` for sheared axes, which SimpleITK cannot represent.
    """
    _require_held(held)
    sitk = load_simpleitk()
    placement = compute_placement(held.grid, held.file or "image")
    image = sitk.GetImageFromArray(np.ascontiguousarray(_values(held).transpose(2, 1, 0)))
    image.SetOrigin(placement.origin)
    image.SetSpacing(placement.spacing)
    image.SetDirection(placement.direction)
    if mark := _mark(held):
        for key in (KEY, KEY_WRITTEN):
            image.SetMetaData(key, mark.decode("ascii"))
    return image


def to_nibabel(held: Mask | Image) -> Any:
    """Convert a mask (0 and 1) or an image (its values, such as HU) to a `nibabel.Nifti1Image`.

    Its header is that of a file written by `convert`: units, codes, marks of a mask.

    Raises `InputRefused`: `image.no_place` for an undetermined position in the patient.
    """
    _require_held(held)
    source = held.file or "image"
    _require_place(held.grid, source)
    return nifti_image(_values(held), held.grid, source, _mark(held))


def compute_placement(grid: Grid, source: str) -> Placement:
    """Compute the position of a grid in SimpleITK; refused as by `to_sitk`."""
    _require_place(grid, source)
    turned = np.array(TO_RAS["LPS"])[:, None] * grid.matrix()
    across = turned[:, :3] / grid.spacing_mm
    lean_mm = np.abs(across.T @ across - np.eye(3)).max() * max(grid.extent_mm)
    if lean_mm > SAME_PLACE_MM + STRAIGHT * max(grid.extent_mm):
        reason = "the axes are sheared, as with a tilted gantry; SimpleITK does not support this"
        remedy = (
            "resample the image to a grid with perpendicular axes in the program that created it"
        )
        raise InputRefused("image.sheared", source, reason, remedy)
    origin, direction = turned[:, 3].tolist(), across.ravel().tolist()
    return Placement(grid.shape, tuple(origin), grid.spacing_mm, tuple(direction))


def _require_held(held: object) -> None:
    """Refuse other objects than a mask or an image of a plan."""
    if not isinstance(held, Mask | Image):
        reason = f"{type(held).__name__} is not a mask or an image of a plan"
        remedy = "give one, such as plan(...).case.anatomy.liver"
        raise InputRefused("usage.wrong", "held", reason, remedy)


def _values(held: Mask | Image) -> np.ndarray[Any, np.dtype[Any]]:
    if isinstance(held, Mask):
        return held.as_array().astype(np.uint8)
    return exact_values(held.voxels, held.slope, held.inter)


def _mark(held: Mask | Image) -> bytes:
    """Return the mark of a mask, as in its file: carried, a consensus, or drawn by its author."""
    if isinstance(held, Image):
        return b""
    mark = b"" if held.voted is None else consensus_text(held.voted.vote, held.voted.sd_ml)
    mark = mark if held.carried_mm is None else carried_text(held.carried_mm)
    return join_marks(mark, held.author)


def _require_place(grid: Grid, source: str) -> None:
    if not grid.placed:
        reason = (
            "the position in the patient is undetermined, but an image in memory requires a "
            "position"
        )
        raise InputRefused("image.no_place", source, reason, "export the file with its position")


READ_AGAIN = (
    "read the whole file (pydicom.dcmread), with its file meta information, or give its path"
)


def wrap_datasets(datasets: Sequence[Any], name: str) -> HeldDicom:
    """Return data sets with a name, each with its number if there are several.

    Raises `InputRefused`: `image.dataset` for a data set that cannot be written as a file.
    """
    several = len(datasets) > 1
    named = ((f"{name}, {n}" if several else name, one) for n, one in enumerate(datasets, 1))
    return HeldDicom(name, tuple((called, _as_bytes(called, one)) for called, one in named))


def _as_bytes(name: str, dataset: Any) -> bytes:
    buffer = BytesIO()
    reason = "the data set cannot be written as a DICOM file"
    with quietly("image.dataset", name, reason, READ_AGAIN):
        dataset.save_as(buffer)
    return buffer.getvalue()


NIBABEL = "nibabel"


def wrap_nibabel(image: Any, name: str) -> HeldImage:
    """Return a NIfTI image of nibabel with its name, and its grid by sform and qform.

    Raises `InputRefused`: `image.kind` for another kind of image, `image.affine` for an affine
    that differs from the header; and by the rules F4 to F9 of safety.md.
    """
    stated = getattr(image, "header", None)
    if not hasattr(stated, "get_qform"):
        raise _refuse_kind(image, name)
    raw = image.dataobj
    stored = as_array(raw.get_unscaled() if hasattr(raw, "get_unscaled") else raw, name)
    slope, inter = (
        as_decimal(float(getattr(raw, word, usual)))
        for word, usual in (("slope", 1.0), ("inter", 0.0))
    )
    voxels = as_voxels(stored, name)
    header = _header_of(stated, name, voxels)
    _require_unchanged_affine(image, header)
    grid, odd = compute_grid(header)
    carried = find_carried(header, header.text)
    names, skipped = _read_label_names(header, stated)
    odd, author = (*odd, *carried, *skipped), read_author(header.text)
    file = image.get_filename()
    path = None if file is None else Path(file)
    return HeldImage(name, NIBABEL, voxels, grid, odd, slope, inter, author, names, path=path)


def _refuse_kind(image: Any, name: str) -> InputRefused:
    """Return the refusal; `from_image` would give an Analyze image a left and right side."""
    kinds = [one.__name__ for one in type(image).__mro__]
    if "AnalyzeImage" in kinds:
        reason = f"a {kinds[0]} from nibabel is in {ANALYZE}"
        return InputRefused("image.kind", name, reason, EXPORT_NIFTI)
    reason = f"a {kinds[0]} from nibabel is not a NIfTI image"
    remedy = "convert the image: nibabel.Nifti1Image.from_image(image)"
    return InputRefused("image.kind", name, reason, remedy)


def _header_of(stated: Any, name: str, voxels: np.ndarray[Any, Any]) -> Header:
    i, j, k = voxels.shape
    return Header(
        name=name,
        format="nifti1",
        single=True,
        shape=(i, j, k),
        dtype=voxels.dtype,
        data_offset=0,
        slope=1.0,
        inter=0.0,
        unit_code=int(stated["xyzt_units"]) & 7,
        qform_code=int(stated["qform_code"]),
        sform_code=int(stated["sform_code"]),
        pixdim=tuple(decimal_of(x) for x in stated["pixdim"][:4]),
        quaternion=tuple(float(stated[f"quatern_{x}"]) for x in "bcd"),
        qoffset=tuple(decimal_of(stated[f"qoffset_{x}"][()]) for x in "xyz"),
        srow=tuple(tuple(decimal_of(x) for x in stated[f"srow_{row}"]) for row in "xyz"),
        text=stated["descrip"].tobytes(),
    )


def _read_label_names(header: Header, stated: Any) -> tuple[Mapping[int, str], list[Finding]]:
    """Read the names of labels; in memory, the content of an extension may be any object."""
    extensions, odd = BytesIO(), []
    for one in stated.extensions:
        try:
            with quietly("image.kind", header.name, INVALID_EXTENSION, EXPORT_NIFTI):
                one.write_to(extensions)
        except InputRefused:
            odd = [header.find("header.extensions", INVALID_EXTENSION)]
    names, ambiguous = read_label_names(header, extensions.getvalue())
    return names, [*odd, *ambiguous]


def _require_unchanged_affine(image: Any, header: Header) -> None:
    """Refuse an affine that was changed without its header."""
    if image.affine is None:
        return
    if not np.allclose(image.affine, image.header.get_best_affine(), equal_nan=True):
        reason = "the affine was changed and differs from the header"
        remedy = "set both with image.set_sform(affine, 1) and image.set_qform(affine, 1)"
        raise header.refuse("image.affine", reason, remedy)


SIMPLEITK = "simpleitk"
CODE_KEYS = ("sform_code", "qform_code", "xyzt_units")  # of the header of a NIfTI file


def wrap_simpleitk(image: Any, name: str) -> HeldImage:
    """Return a SimpleITK image with its name and grid.

    Raises `InputRefused`: `image.kind` for a label map object, of which any other question ends the
    process, and for DICOM other than single slices of CT; and by the rules F4 to F7 of safety.md,
    naming the image.
    """
    if "label" in image.GetPixelIDTypeAsString():
        reason = "a label map object of SimpleITK has no voxels"
        remedy = "convert the image: SimpleITK.LabelMapToLabel(image)"
        raise InputRefused("image.kind", name, reason, remedy)
    header = {key: _as_text(image.GetMetaData(key)) for key in image.GetMetaDataKeys()}
    stored_as = header.get(CLASS_KEY, "").rstrip("\0 ")
    if stored_as not in ("", CT):
        reason = (
            f"the file is {KINDS.get(stored_as, OTHER_KIND)}: SimpleITK keeps its numbers, but not "
            "its segments, frames and positions"
        )
        raise InputRefused("image.kind", name, reason, "give the path of the file")
    axes, parts = image.GetDimension(), image.GetNumberOfComponentsPerPixel()
    if parts != 1:
        reason = f"the image has {parts} values per voxel instead of 1"
        raise InputRefused("dims.frames", name, reason, remedy_of_frames(header))
    simpleitk: Any = import_module("SimpleITK")  # no types; installed where its images are
    array = simpleitk.GetArrayViewFromImage(image)
    voxels = as_voxels(array.transpose(*reversed(range(axes))), name)
    bare = HeldImage(
        name, SIMPLEITK, voxels, Grid.upright(voxels.shape, (1.0, 1.0, 1.0)), owner=image
    )
    columns = np.reshape(image.GetDirection(), (axes, axes))[:3, :3]
    edges, origin = np.array(image.GetSpacing()[:3]), np.array(image.GetOrigin()[:3])
    matrix = np.column_stack([columns * edges, origin]) * LPS_TO_RAS
    placed, forms = _require_sform(bare, header, matrix)
    grid, odd = find_array_grid(bare, matrix, placed=placed)
    text = header.get(KEY, "")
    odd, author = (*forms, *odd, *find_carried(bare, text)), read_author(text)
    return structs.replace(bare, grid=grid, odd=odd, author=author, keys=header)


def _as_text(value: str) -> str:
    """Decode a value as in its file: SimpleITK keeps bytes that are not UTF-8 as surrogates."""
    return decode(value.encode("utf-8", "surrogateescape"))


def _require_sform(
    bare: HeldImage, header: Mapping[str, str], matrix: Matrix
) -> tuple[bool, tuple[Finding, ...]]:
    """Refuse a geometry that is not that of the sform; return whether a position is stated.

    Also return findings on the unit, and on a singular sform: the qform is then the geometry.

    SimpleITK takes the voxel size of a NIfTI file from pixdim. An image has the header of its file
    until it is processed.
    """
    codes = [whole_numbers(header.get(key, "")) or [] for key in CODE_KEYS]
    rows = [numbers(header.get(f"srow_{axis}", "")) or [] for axis in "xyz"]
    if [*map(len, codes), *map(len, rows)] != [1, 1, 1, 4, 4, 4]:
        return True, ()  # not read from NIfTI
    (sform_code,), (qform_code,), (units,) = codes
    odd = find_other_unit(bare, unit := units & 7)
    if not sform_code:
        return bool(qform_code or matrix[:, 3].any()), odd
    sform = np.array(rows) * MM_PER_UNIT.get(unit, 1.0)
    if is_singular(sform):
        if not qform_code:
            raise bare.refuse("geometry.singular", SINGULAR_SFORM)
        return True, (*odd, bare.find("geometry.sform_singular", QFORM_USED))
    volumes = [float(np.linalg.det(form[:, :3])) for form in (sform, matrix)]
    corners = np.column_stack([bare.grid.corners(), np.ones(8)])
    apart = float(np.linalg.norm(corners @ (sform - matrix).T, axis=1).max())
    alike = abs(volumes[0] - volumes[1]) <= SAME_LENGTH * abs(volumes[1])
    if not (alike and apart <= np.linalg.norm(matrix[:, :3], axis=0).min()):
        sizes = " and ".join(f"{abs(volume):.4g}" for volume in volumes)
        reason = (
            f"the sform in its NIfTI header and the geometry read by SimpleITK differ: voxels of "
            f"{sizes} mm3, positions up to {apart:.3g} mm apart"
        )
        remedy = "give the path of the file, or erase srow_x if the image was resampled since"
        raise bare.refuse("geometry.sform_qform_differ", reason, remedy)
    return True, odd


KNOWN = (
    "give a path, a nibabel or SimpleITK image, DICOM data sets, or an array as "
    "fl_planner.Image(array, affine=...)"
)


def as_source(given: Any, role: str) -> Source:
    """Convert an input to a source; an image in memory is named by its kind and role.

    Raises `InputRefused`: `image.kind` for anything else, `image.geometry` for a bare array; and
    the code of the reason for an invalid image.
    """
    if isinstance(given, str) and not given.strip():  # would be the current folder
        raise InputRefused("image.kind", role, "the path is empty", KNOWN)
    if isinstance(given, str | PathLike):
        return Path(given)
    if isinstance(given, ArrayImage):
        return given.hold(f"array {role}")
    library = _library_of(given)
    if library == "nibabel":
        return wrap_nibabel(given, f"nibabel image {role}")
    if library == "SimpleITK":
        return wrap_simpleitk(given, f"SimpleITK image {role}")
    if library == "pydicom":
        return wrap_datasets([given], f"DICOM data set {role}")
    if is_series(given):
        return wrap_datasets(given, f"DICOM data sets {role}")
    if hasattr(given, "__array__"):
        raise refuse_geometry("an array was given without a geometry", role)
    reason = f"an object of type {type(given).__name__} is not an image"
    raise InputRefused("image.kind", role, reason, KNOWN)


def is_series(given: Any) -> bool:
    """Whether an input is a list of DICOM data sets, which together are one image."""
    return (
        isinstance(given, Sequence)
        and not isinstance(given, str | bytes)
        and len(given) > 0
        and _library_of(given) != "pydicom"
        and all(_library_of(one) == "pydicom" for one in given)
    )


def _library_of(given: Any) -> str | None:
    """Return the library of an object's class, without loading it."""
    known = ("nibabel", "SimpleITK", "pydicom")
    homes = (one.__module__.partition(".")[0] for one in type(given).__mro__)
    return next((home for home in homes if home in known), None)
