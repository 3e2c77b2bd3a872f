"""The options of each use case in Python: options of the command line, with `_` for `-`.

Keys of a case file are declared in `given/`, from which `given_options.py` is generated. A test
compares this module with the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypedDict

from fl_planner.basis.defaults import Paper, Profile
from fl_planner.workup.python.given_options import (
    BodyOptions,
    FactOptions,
    MaskOptions,
    NumberOptions,
    ShownOptions,
    StudyOptions,
)
from fl_planner.workup.python.types import AnyImage, AnyPath, Day, Segments


class SizeOptions(TypedDict, total=False):
    """Largest file size, in GiB."""

    size_limit: int


class VolumeOptions(MaskOptions, SizeOptions, total=False):
    """Options of `volume`."""


class CaseOptions(MaskOptions, FactOptions, BodyOptions, SizeOptions, total=False):
    """Masks, facts and body size, for every use case with a case."""


class ForceOptions(TypedDict, total=False):
    """Whether existing outputs are replaced."""

    force: bool


class ProfileOptions(TypedDict, total=False):
    """Whether dates and the label of the case file are included."""

    profile: Profile


class BoardOptions(CaseOptions, ShownOptions, ProfileOptions, ForceOptions, total=False):
    """All inputs of a plan."""

    trials: AnyPath


class PlanOptions(BoardOptions, total=False):
    """Options of `plan`."""

    earlier: Sequence[AnyPath]
    picture: AnyPath
    fhir: AnyPath
    fhir_as: Literal["collection", "transaction"]
    dicom: AnyPath
    replaces: AnyPath
    engine: str
    masks_out: AnyPath
    accept_licence: bool
    engine_log: AnyPath


class ResectionOptions(CaseOptions, total=False):
    """Options of `resections`."""

    resect: Iterable[Segments]
    named: bool
    all: bool


class FunctionOptions(CaseOptions, StudyOptions, ForceOptions, total=False):
    """Options of `function`."""

    picture: AnyPath


class DoseOptions(CaseOptions, ProfileOptions, NumberOptions, total=False):
    """Options of `dose`."""


class GrowthOptions(SizeOptions, ProfileOptions, ForceOptions, total=False):
    """Options of `growth`."""

    picture: AnyPath


class TrialOptions(TypedDict, total=False):
    """Folder of additional trials."""

    trials: AnyPath


class JudgeOptions(TrialOptions, total=False):
    """Assessment date, centre and trials."""

    as_of: Day
    centre: AnyPath


class RecordOptions(JudgeOptions, ProfileOptions, SizeOptions, total=False):
    """Options of a command that reads electronic records, from files or a FHIR server."""

    fhir_map: AnyPath
    fhir_query: str
    fhir_token: Literal["environment", "keyring"]
    private_addresses: bool


class ConvertOptions(SizeOptions, ForceOptions, total=False):
    """Options of `convert`, except its output."""

    like: AnyImage
    ct: AnyImage
    scheme: str
    structure: Iterable[str]
    resample: bool
    as_of: Day


class CarryOptions(SizeOptions, ForceOptions, total=False):
    """Options of `carry`, except its scans and its folder."""

    from_mask: Iterable[str]
    to_mask: Iterable[str]
    carry: Iterable[str]
    rigid: bool


class AgreeOptions(SizeOptions, ForceOptions, total=False):
    """Options of `agree`, except its readers."""

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
    """Options of `spect_shift`, except its case."""

    study: Literal["function", "dose"]
    out: AnyPath


class PictureOptions(BoardOptions, total=False):
    """Options of `pictures`, except its folder."""

    format: Literal["png", "svg"]
    dpi: int
    stl: bool
    dicom: bool
    slicer: bool


class ReportOptions(BoardOptions, total=False):
    """Options of `report`, except its output."""

    paper: Paper
    appendix: bool
    earlier: Sequence[AnyPath]
