"""The options of each use case in Python: those of the command line, `_` for `-`.

A test walks the command line, and fails where a name here lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

from fl_planner.formats.array_image import ArrayImage
from fl_planner.liver.cut_plane import CutPlane

AnyPath: TypeAlias = str | PathLike[str]
Amount: TypeAlias = int | float | Decimal | str  # a float counts as the decimal that was typed
Segments: TypeAlias = str | Iterable[int | str]  # (2, 3), ("4a", "IVb") or "2,3"
YesNo: TypeAlias = bool | Literal["yes", "no"]
YesNoUnknown: TypeAlias = bool | Literal["yes", "no", "unknown"]
Day: TypeAlias = date | str  # 2026-11-20
Planes: TypeAlias = str | CutPlane | Iterable[str | CutPlane]  # "25,0,0;1,0,0"
Lesions: TypeAlias = int | str | Iterable[int | str]  # (1, 3), "1,3" or "all"
PlaceMm: TypeAlias = tuple[float, float, float] | str  # (12.5, -30, 44) or "12.5,-30,44"


class NibabelImage(Protocol):
    """A NIfTI image of nibabel."""

    @property
    def dataobj(self) -> Any:
        """Its voxels."""

    @property
    def header(self) -> Any:
        """Its header."""


class SimpleItkImage(Protocol):
    """An image of SimpleITK."""

    def GetSpacing(self) -> tuple[float, ...]:  # noqa: N802 - SimpleITK's own name
        """Give the distance of neighbours."""

    def GetDirection(self) -> tuple[float, ...]:  # noqa: N802 - SimpleITK's own name
        """Give the direction of each axis."""


class DicomDataset(Protocol):
    """A data set of pydicom."""

    def save_as(self, filename: Any) -> None:
        """Write it."""


AnyImage: TypeAlias = (
    AnyPath | ArrayImage | NibabelImage | SimpleItkImage | DicomDataset | Sequence[DicomDataset]
)
Images: TypeAlias = AnyImage | Sequence[AnyImage]


class SizeOptions(TypedDict, total=False):
    """How large a file may be, in GiB."""

    size_limit: int


class MaskOptions(SizeOptions, total=False):
    """Masks, label map and CT, and what is said of them."""

    liver: AnyImage
    flr: AnyImage
    resected: AnyImage
    tumour: Images
    no_tumour: bool
    treated: AnyImage
    treated_segments: Segments
    treat_tumour: bool
    treated_margin_mm: Amount
    exclude: Mapping[str, Images] | Iterable[str]
    vessel: Mapping[str, Images] | Iterable[str]
    portal_root: PlaceMm
    hepatic_root: PlaceMm
    place_frame: Literal["RAS", "LPS"]
    cut: Iterable[str]
    plane: Planes
    wedge: Lesions
    wedge_margin_mm: Amount
    labelmap: AnyImage
    scheme: str
    ct: AnyImage
    remnant_segments: Segments
    clearing_margin_mm: Amount
    absent_segment: Segments
    gaps_to_nearest: bool
    resample: bool


class FactOptions(TypedDict, total=False):
    """What is known of the patient."""

    diagnosis: Literal["crlm", "hcc", "other"]
    chemo_damage: YesNoUnknown
    liver_disease: YesNoUnknown
    cirrhosis: YesNoUnknown
    portal_hypertension: YesNoUnknown
    prior_embolisation: YesNoUnknown
    flr_of_nontumorous_liver: Amount
    flr_of_whole_liver: Amount
    flr_function: Amount
    lung_dose: Amount
    facts: AnyPath | Mapping[str, object]
    as_of: Day
    centre: AnyPath


class CaseOptions(MaskOptions, FactOptions, total=False):
    """Masks, facts and body size: what every use case on a case takes."""

    height_cm: Amount
    weight_kg: Amount


class ForceOptions(TypedDict, total=False):
    """Whether outputs that exist are replaced."""

    force: bool


class ProfileOptions(TypedDict, total=False):
    """Whether dates and the label of the case file are told."""

    profile: Literal["shareable", "clinical"]


class BoardOptions(CaseOptions, ProfileOptions, ForceOptions, total=False):
    """All that a plan rests on."""

    spleen: AnyImage
    second_reader: Mapping[str, Images] | Iterable[str]
    trials: AnyPath


class PlanOptions(BoardOptions, total=False):
    """All that `plan` takes."""

    earlier: Sequence[AnyPath]
    picture: AnyPath
    fhir: AnyPath
    dicom: AnyPath


class ResectionOptions(CaseOptions, total=False):
    """All that `resections` takes."""

    resect: Iterable[Segments]
    named: bool
    all: bool


class FunctionOptions(CaseOptions, ForceOptions, total=False):
    """All that `function` takes."""

    dynamic: AnyImage
    region_liver: AnyImage
    region_heart: AnyImage
    region_field: AnyImage
    curves: AnyPath
    spect: AnyImage
    registered: bool
    decay_corrected: YesNo
    one_head: bool
    tracer: str
    validated_locally: YesNo
    fasting_hours: Amount
    bilirubin_umol_per_l: Amount
    picture: AnyPath


class DoseOptions(CaseOptions, ProfileOptions, total=False):
    """All that `dose` takes."""

    lung_shunt: Amount
    shunt_method: Literal["planar", "spect_ct"]
    tumour_to_normal: Amount
    lung_mass_kg: Amount
    density: Amount
    tumour_dose_gy: Amount
    residual_fraction: Amount


class GrowthOptions(SizeOptions, ProfileOptions, ForceOptions, total=False):
    """All that `growth` takes."""

    picture: AnyPath


class JudgeOptions(TypedDict, total=False):
    """All that `judge` takes."""

    as_of: Day
    centre: AnyPath
    trials: AnyPath


class ConvertOptions(SizeOptions, ForceOptions, total=False):
    """All that `convert` takes beside its output."""

    like: AnyImage
    ct: AnyImage
    scheme: str
    structure: Iterable[str]
    resample: bool
    as_of: Day


class CarryOptions(SizeOptions, ForceOptions, total=False):
    """All that `carry` takes beside its scans and its folder."""

    from_mask: Iterable[str]
    to_mask: Iterable[str]
    carry: Iterable[str]
    rigid: bool


class AgreeOptions(SizeOptions, ForceOptions, total=False):
    """All that `agree` takes beside its readers."""

    role: Literal["liver", "labelmap"]
    scheme: str
    remnant_segments: Segments
    no_tumour: bool
    resample: bool
    trials: AnyPath
    out: AnyPath
    consensus: Literal["majority", "staple"]
    picture: AnyPath


class SpectShiftOptions(SizeOptions, ForceOptions, total=False):
    """All that `spect_shift` takes beside its case."""

    study: Literal["function", "dose"]
    out: AnyPath


class PictureOptions(BoardOptions, total=False):
    """All that `pictures` takes beside its folder."""

    format: Literal["png", "svg"]
    dpi: int
    stl: bool
    dicom: bool
    slicer: bool


class ReportOptions(BoardOptions, total=False):
    """All that `report` takes beside its output."""

    paper: Literal["a4", "letter"]
    appendix: bool
    earlier: Sequence[AnyPath]
