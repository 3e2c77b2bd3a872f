"""From whatever a program holds to a source that can be read: told by its type, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.memory.array_image import ArrayImage, refuse_geometry
from fl_planner.formats.memory.dicom_datasets import hold_datasets
from fl_planner.formats.memory.nibabel_image import hold_nibabel
from fl_planner.formats.memory.simpleitk_image import hold_simpleitk
from fl_planner.formats.stored.source import Source

KNOWN = (
    "give a path, a nibabel or SimpleITK image, DICOM data sets, or an array as "
    "fl_planner.Image(array, affine=...)"
)


def as_source(given: Any, role: str) -> Source:
    """Turn what was given in a role into a source; an image in memory is named by kind and role.

    Raises `InputRefused`: `image.kind` for anything else, `image.geometry` for a bare array; and
    where the image itself cannot be used.
    """
    if isinstance(given, str | PathLike):
        return Path(given)
    if isinstance(given, ArrayImage):
        return given.hold(f"array {role}")
    library = _library_of(given)
    if library == "nibabel":
        return hold_nibabel(given, f"nibabel image {role}")
    if library == "SimpleITK":
        return hold_simpleitk(given, f"SimpleITK image {role}")
    if library == "pydicom":
        return hold_datasets([given], f"DICOM data set {role}")
    if is_series(given):
        return hold_datasets(given, f"DICOM data sets {role}")
    if hasattr(given, "__array__"):
        raise refuse_geometry("is a bare array: nothing says where its voxels are", role)
    reason = f"is a {type(given).__name__}, and no image"
    raise InputRefused("image.kind", role, reason, KNOWN)


def is_series(given: Any) -> bool:
    """Whether this is a list of DICOM data sets, which together are one image."""
    return (
        isinstance(given, Sequence)
        and not isinstance(given, str | bytes)
        and len(given) > 0
        and _library_of(given) != "pydicom"
        and all(_library_of(one) == "pydicom" for one in given)
    )


def _library_of(given: Any) -> str | None:
    """Name the library that an object's class is from; none is loaded for that."""
    known = ("nibabel", "SimpleITK", "pydicom")
    homes = (one.__module__.partition(".")[0] for one in type(given).__mro__)
    return next((home for home in homes if home in known), None)
