"""Keywords for the entries of a case file; made by `docs/make/python_keywords.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from fl_planner.workup.python.types import (
    Amount,
    AnyImage,
    AnyPath,
    Day,
    Images,
    ImagesByName,
    Lesions,
    Origins,
    PlaceMm,
    Planes,
    Segments,
    YesNo,
    YesNoUnknown,
)


class MaskOptions(TypedDict, total=False):
    """Masks, label map and CT, and their description."""

    liver: AnyImage
    tumour: Images
    no_tumour: bool
    flr: AnyImage
    resected: AnyImage
    treated: AnyImage
    labelmap: AnyImage
    scheme: str
    exclude: ImagesByName
    vessel: ImagesByName
    origin: Origins
    absent_segment: Segments
    gaps_to_nearest: bool
    portal_root: PlaceMm
    hepatic_root: PlaceMm
    portal_point: Iterable[str]
    hepatic_point: Iterable[str]
    remnant_segments: Segments
    clearing_margin_mm: Amount
    plane: Planes
    wedge: Lesions
    wedge_margin_mm: Amount
    ct: AnyImage
    treated_segments: Segments
    treat_tumour: bool
    treated_margin_mm: Amount
    place_frame: Literal["RAS", "LPS"]
    resample: bool


class ShownOptions(TypedDict, total=False):
    """Spleen, second reader and divided branches."""

    spleen: AnyImage
    cut: Iterable[str]
    second_reader: ImagesByName


class FactOptions(TypedDict, total=False):
    """Facts about the patient."""

    diagnosis: Literal["crlm", "hcc", "other"]
    chemo_damage: YesNoUnknown
    liver_disease: YesNoUnknown
    cirrhosis: YesNoUnknown
    portal_hypertension: YesNoUnknown
    prior_embolisation: YesNoUnknown
    flr_of_nontumorous_liver: Amount
    flr_of_whole_liver: Amount
    flr_function: Amount
    flr_function_normalisation: Literal["extrahepatic", "total_field"]
    lung_dose: Amount
    as_of: Day
    facts: AnyPath | Mapping[str, object]
    centre: AnyPath


class BodyOptions(TypedDict, total=False):
    """Height and weight of the patient."""

    height_cm: Amount
    weight_kg: Amount


class StudyOptions(TypedDict, total=False):
    """A scintigraphy study, and its description."""

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


class NumberOptions(TypedDict, total=False):
    """Inputs for a dose calculation."""

    lung_shunt: Amount
    shunt_method: Literal["planar", "spect_ct"]
    tumour_to_normal: Amount
    lung_mass_kg: Amount
    density: Amount
    tumour_dose_gy: Amount
    residual_fraction: Amount
