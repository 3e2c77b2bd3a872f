"""What a user asked for: files, facts and an operation, from a case file, options, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fl_planner.basis.diagnoses import Diagnosis
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.overlay import lay_over
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.intake.reading.baseline import BaselineFiles
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import Paths, group_vessels
from fl_planner.planning.given.case import (
    Accepted,
    Embolisation,
    InputFile,
    Operation,
    Reading,
)
from fl_planner.planning.given.context_inputs import ContextFacts
from fl_planner.planning.given.score_inputs import ScoreFacts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # `volume` measures only: what judges is loaded where it is needed
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.liver.territory import Territory
    from fl_planner.liver.vessels.branch_cut import BranchCut, Place, TreeName

Files = TypeVar("Files", "FunctionFiles", "DoseFiles")
REMNANT = frozenset({"flr", "resected"})  # roles that say what remains


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that was asked; what was not given is None or empty.

    `case_file` is the file that it came from, and `facts_file` one of facts that was given beside
    it, both named with their hashes among the inputs; `centre` is the file that says which trials
    recruit; `withdrawn` are keys of facts that options call unknown; `expected_sha256` are the
    hashes of files that a reader verified, by role; a pair of header and image has two.
    `clearing_margin_mm` holds for every plan, where it is told beside them.
    `function` are the files of a scintigraphy, `dose` those of a radioembolisation's dose.
    `second_reader` holds another reader's masks of the first plan by structure, "flr" among them.
    `written` is how each file was named: by a key of the case file as it stands, or by an option.
    `spleen` is its mask, on a grid of its own: shown beside the remnant.
    `cuts` are branches that options cut, of the one plan that there is; those of a case file stand
    in its plans. `vessel_roots_mm` are places where trees begin, RAS+ mm.
    `limits` say how large a file may be.
    """

    files: MaskFiles = field(default_factory=MaskFiles)
    ct: Source | None = None
    spleen: Source | None = None
    id: str | None = None
    label: str | None = None
    diagnosis: Diagnosis | None = None
    operations: tuple[Operation, ...] = ()
    clearing_margin_mm: float | None = None
    cuts: tuple[BranchCut, ...] = ()
    vessel_roots_mm: Mapping[TreeName, Place] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    expected_sha256: tuple[tuple[str, str], ...] = ()
    stated: Stated = field(default_factory=Stated)
    withdrawn: frozenset[str] = frozenset()
    as_of: date | None = None
    accepted: tuple[Accepted, ...] = ()
    case_file: InputFile | None = None
    facts_file: InputFile | None = None
    centre: Path | None = None
    second_reader: Mapping[str, Paths] = field(default_factory=dict)
    baseline: BaselineFiles | None = None
    territory: Territory | None = None
    height_cm: Fraction | None = None
    weight_kg: Fraction | None = None
    function: FunctionFiles | None = None
    dose: DoseFiles | None = None
    embolisation: Embolisation | None = None
    score_facts: ScoreFacts = field(default_factory=ScoreFacts)
    context: ContextFacts = field(default_factory=ContextFacts)
    written: Mapping[Path, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def require_no_cuts(self, command: str) -> None:
        """Refuse branches that options cut, where an answer says nothing of them.

        Raises `InputRefused`: `usage.wrong`.
        """
        if self.cuts:
            reason = f"{command} tells nothing of what a cut branch takes"
            remedy = "leave it out, or ask fl-planner plan"
            raise InputRefused("usage.wrong", "--cut", reason, remedy)

    def overlaid(self, options: Request) -> Request:
        """Let options replace the entries of a case file.

        A remnant that the options name, by mask or by segments, replaces the file's, however
        that was named. A label map comes with its own scheme.
        """
        second = self.second_reader
        if options.operations or REMNANT & options.files.masks.keys():
            second = {}  # read of another remnant
        territory = None if "treated" in options.files.masks else self.territory
        return replace(
            lay_over(self, options),
            files=_overlaid_files(self.files, options),
            stated=self.stated.without(options.withdrawn).overlaid(options.stated),
            second_reader={**second, **options.second_reader},
            vessel_roots_mm={**self.vessel_roots_mm, **options.vessel_roots_mm},
            territory=options.territory or territory,
            function=overlay_study(self.function, options.function),
            dose=overlay_study(self.dose, options.dose),
            written={**self.written, **options.written},
            limits=options.limits,
        )


def _overlaid_files(ours: MaskFiles, options: Request) -> MaskFiles:
    masks, theirs = dict(ours.masks), options.files
    if options.operations or REMNANT & theirs.masks.keys():
        masks = {role: path for role, path in masks.items() if role not in REMNANT}
    if theirs.no_tumour:
        masks.pop("tumour", None)
    if options.territory is not None:
        masks.pop("treated", None)
    named = theirs.label_map is not None or theirs.scheme is not None
    return replace(
        lay_over(ours, theirs),
        masks={**masks, **theirs.masks},
        excluded={**ours.excluded, **theirs.excluded},
        vessels={**_without_vessels(ours.vessels, theirs.vessels), **theirs.vessels},
        scheme=theirs.scheme or (None if theirs.label_map else ours.scheme),
        no_tumour=theirs.no_tumour or (ours.no_tumour and "tumour" not in theirs.masks),
        labels=None if named else ours.labels,
        planned={} if options.operations else ours.planned,
    )


def _without_vessels(ours: Mapping[str, Paths], theirs: Mapping[str, Paths]) -> dict[str, Paths]:
    """Leave out what is given again, of whichever label."""
    again = group_vessels(theirs).keys()
    return {entry: files for entry, files in ours.items() if not again & group_vessels({entry: ()})}


def overlay_study(ours: Files | None, theirs: Files | None) -> Files | None:
    """Lay what was said of a study over what was said of it before."""
    return theirs if ours is None else ours if theirs is None else ours.overlaid(theirs)
