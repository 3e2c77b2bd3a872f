"""The options of each use case in Python: those of the command line, `_` for `-`.

What a case file says too is declared in `given/`, and made into `given_options.py`. A test walks
the command line, and fails where a name here lacks.
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
    """How large a file may be, in GiB."""

    size_limit: int


class VolumeOptions(MaskOptions, SizeOptions, total=False):
    """All that `volume` takes."""


class CaseOptions(MaskOptions, FactOptions, BodyOptions, SizeOptions, total=False):
    """Masks, facts and body size: what every use case on a case takes."""


class ForceOptions(TypedDict, total=False):
    """Whether outputs that exist are replaced."""

    force: bool


class ProfileOptions(TypedDict, total=False):
    """Whether dates and the label of the case file are told."""

    profile: Profile


class BoardOptions(CaseOptions, ShownOptions, ProfileOptions, ForceOptions, total=False):
    """All that a plan rests on."""

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


class FunctionOptions(CaseOptions, StudyOptions, ForceOptions, total=False):
    """All that `function` takes."""

    picture: AnyPath


class DoseOptions(CaseOptions, ProfileOptions, NumberOptions, total=False):
    """All that `dose` takes."""


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

    paper: Paper
    appendix: bool
    earlier: Sequence[AnyPath]
