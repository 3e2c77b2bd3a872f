"""A request: files, facts and operations, from a case file, options, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.overlay import EACH_KEY, override_fields
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.intake.reading.files import list_named
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
from fl_planner.planning.given.study_days import date_reading
from fl_planner.trials.facts.quantities import LABS_AGE, SCAN_DATE
from fl_planner.trials.statements import (
    FACTS_OF_REMNANT,
    FACTS_OF_TREATED_AREA,
    OF_ALL_TESTS,
    Amount,
    Stated,
    StatedValue,
)

if TYPE_CHECKING:  # `volume` only measures: modules for judgement are loaded on use
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.liver.names.structures import TreeName
    from fl_planner.liver.transection import Territory
    from fl_planner.liver.vessels.branch_cut import BranchCut
    from fl_planner.planning.given.origin import StatedOrigin
    from fl_planner.space.grid import Place

Files = TypeVar("Files", "FunctionFiles", "DoseFiles")
REMNANT = frozenset({"flr", "resected"})  # roles that define the remnant
CUT_BY = {"planes": "plane", "surfaces": "surface", "wedges": "wedges"}  # of a plan, and its keys
OF_REMNANT = ("remnant_segments", "resected_segments", *CUT_BY)
OF_PATIENT = ("diagnosis", "height_cm", "weight_kg")


@dataclass(frozen=True, slots=True)
class Request:
    """All entries of a request; an entry that was not given is None or empty.

    - `findings`: findings on entries of the case file that options replaced in addition to those
      that they name.
    - `case_file`, `facts_file`: the files of the entries, with their hashes among the inputs.
    - `centre`: the file of recruiting trials.
    - `withdrawn`: keys of facts that options set to unknown.
    - `expected_sha256`: verified hashes by role; a header with a separate image file has two.
    - `clearing_margin_mm`: margin for every plan, if given as an option.
    - `function`, `dose`: files of a scintigraphy, and of the dose of a radioembolisation.
    - `second_reader`: masks of a second reader for the first plan by structure, including "flr".
    - `written`: each file as named by the user, by a key of the case file or an option.
    - `options`: names of the options that were given.
    - `spleen`: mask of the spleen, on the grid of its file.
    - `cuts`: divided branches given as options for the only plan; `operations` contain those of
      a case file.
    - `vessel_roots_mm`: points where vessel trees begin, RAS+ mm; `vessel_points_mm`: points in
      each tree that correct the division of one label for all veins.
    - `limits`: maximum sizes of files.
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
    vessel_points_mm: Mapping[TreeName, tuple[Place, ...]] = field(default_factory=dict)
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
    options: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    findings: tuple[Finding, ...] = ()

    @property
    def unread_roles(self) -> frozenset[str]:
        """Roles of masks of a case file that are not read if these options are given."""
        unread = REMNANT if _names_remnant(self) else frozenset[str]()
        if self.files.no_tumour:
            unread |= {"tumour"}
        if self.territory is not None:
            unread |= {"treated"}
        return unread - self.files.masks.keys()

    def overlaid(self, options: Request) -> Request:
        """Return the request of a case file, with its entries replaced by those of options.

        A remnant given by options, as a mask or by segments, replaces that of the file's first
        plan in any form; the plan's margin and other entries, and the other plans, are kept.
        Another label map has its own scheme; that of the case file, given again, keeps the scheme
        and labels of the case file. Other entries that an option replaces are reported. A finding
        was accepted for the entries of the file: see `_list_unaccepted`.
        """
        territory = None if "treated" in options.files.masks else self.territory
        reading, of_date = _overlaid_reading(self, options)
        second = {**self.second_reader, **options.second_reader}
        replaced = (
            Finding("options.replaced", Severity.WARNING, message)
            for message in _describe_replaced(self, options)
        )
        return replace(
            override_fields(self, options),
            files=_overlaid_files(self.files, options),
            operations=_overlaid_plans(self.operations, options),
            stated=_overlaid_facts(
                self.stated.without({*options.withdrawn, *_list_unused_facts(self, options)}),
                options.stated,
            ),
            second_reader=options.second_reader if _names_remnant(options) else second,
            vessel_roots_mm={**self.vessel_roots_mm, **options.vessel_roots_mm},
            vessel_points_mm={**self.vessel_points_mm, **options.vessel_points_mm},
            territory=options.territory or territory,
            reading=reading,
            accepted=tuple(
                one for one in self.accepted if one not in _list_unaccepted(self, options)
            ),
            function=overlay_study(self.function, options.function),
            dose=overlay_study(self.dose, options.dose),
            written={**self.written, **options.written},
            limits=options.limits,
            findings=(*self.findings, *options.findings, *replaced, *of_date),
        )


def _names_remnant(options: Request) -> bool:
    """Whether options define the remnant: by segments, planes, wedges or a mask."""
    return bool(options.operations or REMNANT & options.files.masks.keys())


def _changes_images(options: Request) -> bool:
    """Whether options give other masks or images, another label scheme, or treated area."""
    named = list_named(replace(options, centre=None, written={}))
    return bool(named or options.files.scheme or options.territory)


def _list_unaccepted(ours: Request, options: Request) -> tuple[Accepted, ...]:
    """List what a reader accepted for images, a remnant or entries that options replace.

    An error concerns an image; a warning may concern any of them, whatever its code. A file of the
    case file that is given again in the same role is none of them.
    """
    if not ours.accepted:
        return ()
    options = _without_repeated(ours, options)
    if _changes_images(options):
        return ours.accepted
    if not (_names_remnant(options) or options.cuts or _replaces_entry(ours, options)):
        return ()
    from fl_planner.planning.withdrawal import TOUCHES  # few readers accept a finding

    return tuple(one for one in ours.accepted if one.code not in TOUCHES)


def _without_repeated(ours: Request, options: Request) -> Request:
    """Omit the files of options by which those of a case file remain as they are."""
    laid, files = _overlaid_files(ours.files, options), options.files
    plans = _overlaid_plans(ours.operations, options)
    if plans == ours.operations and as_located(laid.masks) == as_located(ours.files.masks):
        files = structs.replace(files, masks={})
    if as_located(laid.excluded) == as_located(ours.files.excluded):
        files = structs.replace(files, excluded={})
    if as_located(laid.vessels) == as_located(ours.files.vessels):
        files = structs.replace(files, vessels={})
    if all(as_located(getattr(laid, one)) == as_located(getattr(ours.files, one)) for one in MAP):
        files = structs.replace(files, **dict.fromkeys(MAP))
    ct = None if as_located(options.ct) == as_located(ours.ct) else options.ct
    spleen = None if as_located(options.spleen) == as_located(ours.spleen) else options.spleen
    return replace(options, files=files, ct=ct, spleen=spleen)


MAP = ("label_map", "scheme", "labels")  # a label map and the meaning of its numbers


def as_located(given: object) -> object:
    """Return an entry with each file by its real path, and a list of one file as that file."""
    if isinstance(given, Mapping):
        return {key: as_located(one) for key, one in given.items()}
    if isinstance(given, tuple):
        every = tuple(map(as_located, given))
        return every[0] if len(every) == 1 else every
    return given.resolve() if isinstance(given, Path) else given


def _replaces_entry(ours: Request, options: Request) -> bool:
    """Whether options replace a fact, the diagnosis, the body size or a margin, or leave them out.

    An entry that the case file does not have is a further one.
    """
    facts, theirs = ours.stated.values, options.stated.values
    pairs: list[tuple[object, object]]
    pairs = [(as_fact(key, facts[key]), as_fact(key, theirs[key])) for key in facts.keys() & theirs]
    pairs += [(getattr(ours, name), getattr(options, name)) for name in OF_PATIENT]
    pairs += [(plan.clearing_margin_mm, options.clearing_margin_mm) for plan in ours.operations]
    withdrawn = options.withdrawn & facts.keys()
    return bool(withdrawn) or any(None not in pair and pair[0] != pair[1] for pair in pairs)


def as_fact(key: str, value: StatedValue) -> object:
    """Return an amount in the unit of its fact, so that 0.35 L is 350 mL."""
    if not isinstance(value, Amount):
        return value
    from fl_planner.trials.convert import convert_stated

    return convert_stated(Stated({key: value})), value.date, value.drug


def _list_replaced(options: Request) -> tuple[str, ...]:
    """List entries of the first plan replaced by options; a mask is compared by its segments."""
    if options.operations:
        return OF_REMNANT
    return tuple(CUT_BY) if REMNANT & options.files.masks.keys() else ()


def _list_unused_facts(ours: Request, options: Request) -> tuple[str, ...]:
    """List facts of a remnant or of a treated area of a case file that options replace."""
    keys: tuple[str, ...] = (
        FACTS_OF_REMNANT if _names_remnant(options) and _names_remnant(ours) else ()
    )
    if all("treated" in one.files.masks or one.territory is not None for one in (ours, options)):
        keys += FACTS_OF_TREATED_AREA
    return tuple(key for key in keys if key in ours.stated.values.keys() - options.stated.values)


def _overlaid_facts(ours: Stated, theirs: Stated) -> Stated:
    """Replace facts entry by entry; a date of all blood tests stays with those of its source."""
    if ours.has_tests and theirs.has_tests:
        return ours.with_own_dates().overlaid(theirs.with_own_dates())
    return ours.overlaid(theirs)


def _overlaid_reading(ours: Request, options: Request) -> tuple[Reading, tuple[Finding, ...]]:
    """Replace entries of the reading; `scan_date` of the options leaves the date in [imaging]."""
    merged = override_fields(ours.reading, options.reading)
    if ours.reading.scanned_on is None or _is_dated_by_facts(ours):
        return merged, ()
    kept, odd = date_reading(ours.reading, options.stated)
    return structs.replace(merged, scanned_on=kept.scanned_on), odd


def _is_dated_by_facts(ours: Request) -> bool:
    """Whether the date of the scan in a case file is that of its facts."""
    return ours.reading.scanned_on == ours.stated.values.get(SCAN_DATE)


def _overlaid_plans(ours: tuple[Operation, ...], options: Request) -> tuple[Operation, ...]:
    """Replace the remnant of the first plan; its other entries, and the other plans, are kept."""
    if not ours:
        return options.operations
    (first, *others), (given, *_) = ours, (*options.operations, Operation())
    remnant = {name: getattr(given, name) for name in _list_replaced(options)}
    return (structs.replace(first, **remnant), *others)


def _overlaid_files(ours: MaskFiles, options: Request) -> MaskFiles:
    theirs, unread = options.files, options.unread_roles
    masks = {role: path for role, path in ours.masks.items() if role not in unread}
    other_map, named = _gives_other_map(ours, theirs), theirs.scheme is not None
    again = group_vessels(theirs.vessels).keys()  # of whichever label
    left = {one: at for one, at in ours.vessels.items() if not again & group_vessels({one: ()})}
    return structs.replace(
        override_fields(ours, theirs),
        masks={**masks, **theirs.masks},
        excluded={**ours.excluded, **theirs.excluded},
        vessels={**left, **theirs.vessels},
        scheme=theirs.scheme or (None if other_map else ours.scheme),
        no_tumour=theirs.no_tumour or (ours.no_tumour and "tumour" not in theirs.masks),
        labels=None if other_map or named else ours.labels,
        origins={**_keep_origins(ours, options), **theirs.origins},
    )


def _gives_other_map(ours: MaskFiles, theirs: MaskFiles) -> bool:
    """Whether options give a label map, and not that of the case file again."""
    return theirs.label_map is not None and (
        as_located(theirs.label_map) != as_located(ours.label_map)
    )


def _keep_origins(ours: MaskFiles, options: Request) -> dict[str, StatedOrigin]:
    """Return the stated origins of masks that options do not replace by another file."""
    gone = {*options.files.roles, *options.unread_roles}
    return {role: one for role, one in ours.origins.items() if role not in gone}


def _describe_replaced(ours: Request, options: Request) -> Iterator[str]:
    """Describe the other entries of the case file that options replace."""
    yield from _describe_replaced_remnant(ours, options)
    if unused := _list_unused_facts(ours, options):
        listed = ", ".join(unused)
        yield f"the options replace the part to which these facts refer: {listed} not used"
    if not_accepted := _list_unaccepted(ours, options):
        codes = ", ".join(sorted({one.code for one in not_accepted}))
        yield f"findings were accepted for the entries of the case file, not for these: {codes}"
    ours_on, theirs_on = ours.reading.scanned_on, options.reading.scanned_on
    if _is_dated_by_facts(ours) and None not in (ours_on, theirs_on) and ours_on != theirs_on:
        yield f"--facts: {SCAN_DATE} replaces another date of the scan in the case file"
    yield from _describe_test_dates(ours.stated, options.stated)
    yield from _describe_replaced_map(ours, options)
    yield from _describe_replaced_masks(ours, options)
    yield from _describe_other_ct(ours, options)
    dated = ours.function is not None and ours.function.studied_on is not None
    values = [one.stated.values.get("flr_function") for one in (ours, options)]
    if dated and None not in values and values[0] != values[1]:
        yield "flr_function: check that the date under [function] in the case file applies to it"
    if ours.function is not None and options.function is not None:
        yield from ours.function.describe_replaced(options.function)
    if ours.dose is not None and options.dose is not None:
        yield from ours.dose.describe_replaced(options.dose)


def _describe_replaced_map(ours: Request, options: Request) -> Iterator[str]:
    """Describe the scheme, labels and lesion numbers that refer to another label map."""
    files, theirs = ours.files, options.files
    other_map = _gives_other_map(files, theirs)
    if other_map and theirs.scheme is None and files.scheme is not None:
        yield f"--labelmap: the scheme {files.scheme} in the case file is not used for this map"
    if files.labels is not None and (other_map or theirs.scheme is not None):
        option = "--labelmap" if other_map else "--scheme"
        yield f"{option}: the labels in the case file are not used"
    kept = ours.operations[1 if _list_replaced(options) else 0 :]
    numbered = any(plan.wedges is not None and plan.wedges.lesions for plan in kept)
    if numbered and ("tumour" in theirs.masks or theirs.label_map or theirs.scheme):
        yield "the lesion numbers of wedges in the case file refer to its masks, not to these"


def _describe_replaced_masks(ours: Request, options: Request) -> Iterator[str]:
    """Describe the masks, and the treated area, that options state in another way."""
    files, theirs = ours.files, options.files
    if theirs.no_tumour and "tumour" in files.masks:
        yield "--no-tumour: the tumour mask in the case file is not used"
    if options.territory is not None and "treated" in files.masks:
        yield "the options define the treated area: its mask in the case file is not used"
    if options.territory is not None and ours.territory is not None:
        if ours.territory.segments and not options.territory.segments:
            yield "--treat-tumour: the treated segments in the case file are not used"
        if ours.territory.with_tumour and not options.territory.with_tumour:
            yield "--treated-segments: with_tumour in the case file is not used"
    if "treated" in theirs.masks and ours.territory is not None:
        yield "--treated: the treated segments, tumour and margin in the case file are not used"


def _describe_other_ct(ours: Request, options: Request) -> Iterator[str]:
    """Describe the entries that refer to the CT of the case file, if options give a CT."""
    if ours.ct is None or options.ct is None:
        return
    again = options.function is not None and (options.function.registered or options.function.spect)
    studies = (None if again else ours.function, ours.dose)
    stated = any(one is not None and (one.registered or one.transform) for one in studies)
    of_ct = {
        "date": ours.reading.scanned_on,
        "phase": ours.reading.phase,
        "registration of a SPECT": stated,
        "registration of an earlier scan": ours.baseline,
    }
    if listed := ", ".join(name for name, given in of_ct.items() if given):
        yield f"--ct: check that these entries of the case file, of its CT, apply to this: {listed}"


def _describe_test_dates(ours: Stated, theirs: Stated) -> Iterator[str]:
    """Describe upper limits, dates and ages of blood tests that are not used, or are of others."""
    for key in sorted(ours.values.keys() - theirs.values):
        test = key.removesuffix("_uln")  # another laboratory may have another limit
        if test != key and test in theirs.values:
            yield f"--facts: {test} is set against {key} of the case file; give its own {key}"
    if not ours.has_tests:
        return
    if theirs.has_tests:
        if any(LABS_AGE in one.values for one in (ours, theirs)):
            yield (
                f"{LABS_AGE} is not used, as blood tests are given in the case file and by "
                "options; give the date of each test"
            )
        return
    for key in OF_ALL_TESTS:
        if key in theirs.values and ours.values.get(key, theirs.values[key]) != theirs.values[key]:
            yield f"--facts: {key} replaces that of the blood tests in the case file"


def _describe_replaced_remnant(ours: Request, options: Request) -> Iterator[str]:
    """Describe the entries replaced with the remnant of the first plan."""
    if not _names_remnant(options):
        return
    given = [role for role in sorted(REMNANT) if role in ours.files.masks]
    first = ours.operations[0] if ours.operations else Operation()
    theirs = options.operations[0] if options.operations else Operation()
    given += [
        CUT_BY.get(name, name)
        for name in _list_replaced(options)
        if getattr(first, name) and not getattr(theirs, name)
    ]
    own = options.files.masks.keys()
    if lost := [name for name in given if name not in own]:
        listed = ", ".join(lost)
        yield (
            "the options define the remnant: these entries of the case file's first plan are not "
            f"used: {listed}"
        )
    if ours.second_reader and not options.second_reader:
        yield "the options define the remnant: the second reader in the case file is not used"
    if first.name is not None:
        yield f"the options define the remnant of plan {first.name}; the plan keeps its name"


def overlay_study(ours: Files | None, theirs: Files | None) -> Files | None:
    """Return the entries of a study, replaced by those of options."""
    return theirs if ours is None else ours if theirs is None else ours.overlaid(theirs)
