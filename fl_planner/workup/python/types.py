"""Types of keywords in Python, by the names shown in signatures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias

from fl_planner.formats.array_image import ArrayImage
from fl_planner.liver.cut_plane import CutPlane

AnyPath: TypeAlias = str | PathLike[str]
Amount: TypeAlias = int | float | Decimal | str  # a float is read as its shortest decimal
Segments: TypeAlias = str | Iterable[int | str]  # (2, 3), ("4a", "IVb") or "2,3"
YesNo: TypeAlias = bool | Literal["yes", "no"]
YesNoUnknown: TypeAlias = bool | Literal["yes", "no", "unknown"]
Day: TypeAlias = date | str  # 2026-11-20
Planes: TypeAlias = str | CutPlane | Iterable[str | CutPlane]  # "25,0,0;1,0,0"
Lesions: TypeAlias = int | str | Iterable[int | str]  # (1, 3), "1,3" or "all"
PlaceMm: TypeAlias = tuple[float, float, float] | str  # (12.5, -30, 44) or "12.5,-30,44"


class NibabelImage(Protocol):
    """A NIfTI image of nibabel, as returned by `nibabel.load`."""

    @property
    def header(self) -> Any:
        """Its header."""


class SimpleItkImage(Protocol):
    """An image of SimpleITK."""

    def GetSpacing(self) -> tuple[float, ...]:  # noqa: N802 - SimpleITK's own name
        """Return the spacing of voxels."""

    def GetDirection(self) -> tuple[float, ...]:  # noqa: N802 - SimpleITK's own name
        """Return the direction of each axis."""


class DicomDataset(Protocol):
    """A data set of pydicom."""

    def save_as(self, filename: Any, /) -> None:
        """Write the data set."""


AnyImage: TypeAlias = (
    AnyPath | ArrayImage | NibabelImage | SimpleItkImage | DicomDataset | Sequence[DicomDataset]
)
Images: TypeAlias = AnyImage | Sequence[AnyImage]
Origins: TypeAlias = str | Iterable[str] | Mapping[str, str]  # "automatic:nnU-Net:2.5", by name
ImagesByName: TypeAlias = Mapping[str, Images] | Iterable[str]
