"""What a user asked for: files, facts and an operation, from a case file, options, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.overlay import EACH_KEY, lay_over
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.second_reader import BaselineFiles
from fl_planner.intake.reading.union import Paths, group_vessels
from fl_planner.planning.given.case import (
    Accepted,
    ContextFacts,
    Embolisation,
    InputFile,
    Operation,
    Reading,
    ScoreFacts,
)
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # `volume` measures only: what judges is loaded where it is needed
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.liver.names.structures import TreeName
    from fl_planner.liver.transection import Territory
    from fl_planner.liver.vessels.branch_cut import BranchCut
    from fl_planner.space.frame import Place

Files = TypeVar("Files", "FunctionFiles", "DoseFiles")
REMNANT = frozenset({"flr", "resected"})  # roles that say what remains
OF_REMNANT = ("remnant_segments", "resected_segments", "planes", "wedges")  # words of a plan on it


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that was asked; what was not given is None or empty.

    `findings` say what options took out of the case file beyond the entries that they name.

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
    reading: Reading = field(default_factory=Reading, metadata=EACH_KEY)
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
    score_facts: ScoreFacts = field(default_factory=ScoreFacts, metadata=EACH_KEY)
    context: ContextFacts = field(default_factory=ContextFacts, metadata=EACH_KEY)
    written: Mapping[Path, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    findings: tuple[Finding, ...] = ()

    def require_no_cuts(self, command: str) -> None:
        """Refuse branches that options cut, where an answer says nothing of them.

        Raises `InputRefused`: `usage.wrong`.
        """
        if self.cuts:
            reason = f"{command} tells nothing of what a cut branch takes"
            remedy = "leave it out, or ask fl-planner plan"
            raise InputRefused("usage.wrong", "--cut", reason, remedy)

    def overlaid(self, options: Request) -> Request:
        """Let options replace the entries of a case file: each its own, and no other.

        A remnant that the options name, by mask or by segments, replaces that of the file's first
        plan, however that was named; its margin, its further entries and the other plans stay. A
        label map comes with its own scheme. What cannot stay beside an option is told.
        """
        territory = None if "treated" in options.files.masks else self.territory
        second = {**self.second_reader, **options.second_reader}
        told = (Finding("options.replaced", Severity.WARNING, one) for one in _tell(self, options))
        return replace(
            lay_over(self, options),
            files=_overlaid_files(self.files, options),
            operations=_overlaid_plans(self.operations, options.operations),
            stated=self.stated.without(options.withdrawn).overlaid(options.stated),
            second_reader=options.second_reader if _names_remnant(options) else second,
            vessel_roots_mm={**self.vessel_roots_mm, **options.vessel_roots_mm},
            territory=options.territory or territory,
            function=overlay_study(self.function, options.function),
            dose=overlay_study(self.dose, options.dose),
            written={**self.written, **options.written},
            limits=options.limits,
            findings=(*self.findings, *options.findings, *told),
        )


def _names_remnant(options: Request) -> bool:
    """Whether options say what remains: by segments, planes, wedges or a mask."""
    return bool(options.operations or REMNANT & options.files.masks.keys())


def _overlaid_plans(
    ours: tuple[Operation, ...], theirs: tuple[Operation, ...]
) -> tuple[Operation, ...]:
    """Replace what remains by the first plan; what else it says, and the other plans, stay."""
    if not (ours and theirs):
        return ours or theirs
    (first, *others), (said, *_) = ours, theirs
    remnant = {name: getattr(said, name) for name in OF_REMNANT}
    return (replace(first, **remnant), *others)


def _overlaid_files(ours: MaskFiles, options: Request) -> MaskFiles:
    masks, theirs = dict(ours.masks), options.files
    if _names_remnant(options):
        masks = {role: path for role, path in masks.items() if role not in REMNANT}
    if theirs.no_tumour:
        masks.pop("tumour", None)
    if options.territory is not None:
        masks.pop("treated", None)
    named = theirs.label_map is not None or theirs.scheme is not None
    again = group_vessels(theirs.vessels).keys()  # of whichever label
    left = {one: at for one, at in ours.vessels.items() if not again & group_vessels({one: ()})}
    return replace(
        lay_over(ours, theirs),
        masks={**masks, **theirs.masks},
        excluded={**ours.excluded, **theirs.excluded},
        vessels={**left, **theirs.vessels},
        scheme=theirs.scheme or (None if theirs.label_map else ours.scheme),
        no_tumour=theirs.no_tumour or (ours.no_tumour and "tumour" not in theirs.masks),
        labels=None if named else ours.labels,
    )


def _tell(ours: Request, options: Request) -> Iterator[str]:
    """Tell what an option takes out of the file beyond its own entry."""
    yield from _tell_remnant(ours, options)
    files, theirs = ours.files, options.files
    if theirs.label_map is not None and theirs.scheme is None and files.scheme is not None:
        yield f"--labelmap: the scheme {files.scheme} of the case file was that of its own map"
    if files.labels is not None and (theirs.label_map is not None or theirs.scheme is not None):
        option = "--labelmap" if theirs.label_map is not None else "--scheme"
        yield f"{option}: the labels that the case file gives its map are not used"
    if theirs.no_tumour and "tumour" in files.masks:
        yield "--no-tumour: the tumour of the case file is not read"
    if options.territory is not None and "treated" in files.masks:
        yield "the options name the treated area: the mask of it in the case file is not read"
    if options.territory is not None and ours.territory is not None:
        if ours.territory.segments and not options.territory.segments:
            yield "--treat-tumour: the treated segments of the case file are not used"
        if ours.territory.with_tumour and not options.territory.with_tumour:
            yield "--treated-segments: the tumour is not treated, as the case file asks"
    if "treated" in theirs.masks and ours.territory is not None:
        yield "--treated: the treated segments, tumour and margin of the case file are not used"
    if ours.function is not None and options.function is not None:
        yield from ours.function.tell_replaced(options.function)
    if ours.dose is not None and options.dose is not None:
        yield from ours.dose.tell_replaced(options.dose)


def _tell_remnant(ours: Request, options: Request) -> Iterator[str]:
    """Tell what goes with the remnant of the first plan, where options name another."""
    if not _names_remnant(options):
        return
    given = [role for role in sorted(REMNANT) if role in ours.files.masks]
    first = ours.operations[0] if ours.operations else Operation()
    if options.operations:
        said = options.operations[0]
        given += [name for name in OF_REMNANT if getattr(first, name) and not getattr(said, name)]
    own = options.files.masks.keys()
    if lost := [name for name in given if name not in own]:
        listed = ", ".join(lost)
        yield f"the options name the remnant: {listed} of the case file's first plan is not used"
    if ours.second_reader and not options.second_reader:
        yield "the options name the remnant: the second reader of the case file read another one"
    if first.name is not None:
        yield f"the options name the remnant of the plan {first.name}; its name is kept"


def overlay_study(ours: Files | None, theirs: Files | None) -> Files | None:
    """Lay what was said of a study over what was said of it before."""
    return theirs if ours is None else ours if theirs is None else ours.overlaid(theirs)
