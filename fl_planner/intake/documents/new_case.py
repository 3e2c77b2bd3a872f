"""A new case file: what was answered, and as comments what is still to ask, of whom [new-case]."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import is_plain
from fl_planner.intake.documents.case_template import (
    IMAGING,
    MASKS,
    PATIENT,
    PLAN,
    TOP,
    TREATED,
    VESSELS,
    Entries,
    write_tables,
)
from fl_planner.intake.patients.rows import find_entries, parse_cell, say_wanted
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import Paths, each_of
from fl_planner.intake.request.request import Request
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.transection import Territory, Wedges
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.route.route import Question
from fl_planner.space.grid import Place
from fl_planner.trials.convert import COUNTS_AS_UNKNOWN, convert_stated
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.quantities import QUANTITIES, UPPER_LIMITS
from fl_planner.trials.facts.quantities import say_meaning as say_meaning
from fl_planner.trials.statements import (
    DRUG_KEY,
    EMBOLISED,
    Amount,
    EarlierEmbolisation,
    Stated,
    StatedValue,
)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YES, NO = ("y", "yes"), ("n", "no")
AT_ONCE = ("unknown_unit.", "unknown_drug.", "implausible.")  # codes of what is asked again
HEAD = """\
# A case file of fl-planner; a line that begins with # is not read.
# Judge it: fl-planner trials judge {name}   Plan it: fl-planner plan {name}
"""
# volumes that masks give: not asked for where the mask is named
MEASURED = {
    "liver": ("total_liver_volume",),
    "labelmap": ("total_liver_volume",),
    "tumour": ("tumour_volume",),
    "flr": ("flr_volume",),
    "resected": ("flr_volume",),
    "remnant_segments": ("flr_volume",),
    "plane": ("flr_volume",),
    "wedge": ("flr_volume",),
    "treated": ("treated_nontumorous_volume",),
    "treated_segments": ("treated_nontumorous_volume",),
    "treat_tumour": ("treated_nontumorous_volume",),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a new case file says.

    - `name`: of the file.
    - `given`: what was given but the facts, by table and key of the case file, as TOML.
    - `stated`: what was answered.
    - `questions`: what is still to ask, in order.
    """

    name: str
    given: Entries = field(default_factory=dict)
    stated: Stated = field(default_factory=Stated)
    questions: tuple[Question, ...] = ()


def write_draft(draft: Draft) -> str:
    """Write a case file, with comments on what each entry means.

    Examples
    --------
    >>> print(write_draft(Draft("c.toml", {"": {"id": '"p1"'}})).splitlines()[3])
    id = "p1"                       # your pseudonym, printed as given
    """
    given = {**draft.given, TOP: {"schema": "1", **draft.given.get(TOP, {})}}
    lines = [*HEAD.format(name=draft.name).splitlines(), *write_tables(given)]
    lines += ["", "[facts]", *_facts(draft.stated)]
    if draft.questions:
        lines += ["", *_open(draft.questions)]
    return "\n".join(lines) + "\n"


def _facts(stated: Stated) -> Iterator[str]:
    for key, value in stated.values.items():
        yield f"# {say_meaning(key)}"
        yield f"{key} = {as_toml(value)}"


def _open(questions: Iterable[Question]) -> Iterator[str]:
    """Write what is still to ask, in the order of how many verdicts it could settle."""
    yield "# Not yet answered, the most informative first. Fill in, and take the # away."
    for question in questions:
        key = str(question.key)
        settles = f"; could settle {question.trials} trials" if question.trials > 1 else ""
        yield "#"
        yield f"# {say_meaning(key)} [ask: {question.asked_of}{settles}]"
        yield f"# {key} =    # {say_example(key)}"


def say_example(key: str) -> str:
    """Say how an answer is written in the file.

    Examples
    --------
    >>> say_example("haemoglobin"), say_example("cirrhosis")
    ('{ value = ..., unit = "g/dL" }, or in g/L, mmol/L', 'true or false')
    """
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    if quantity is not None:
        unit, *others = quantity.units
        besides = f", or in {', '.join(others)}" if others else ""
        return f"{{ value = ..., unit = {as_toml(unit)} }}{besides}"
    if key == EMBOLISED:
        return 'true, false or { kind = "PVE", date = 2026-04-20 }, either or both'
    return say_wanted(key)


def say_answer(key: str) -> str:
    """Say what to type.

    Examples
    --------
    >>> say_answer("cirrhosis"), say_answer("age"), say_answer("ecog")
    ('yes or no', 'a number and its unit: a, mo', 'a whole number')
    """
    yes_no = key in FACTS and FACTS[key].kind is FactKind.YES_NO and key != EMBOLISED
    return "yes or no" if yes_no else say_wanted(key)


def parse_answer(key: str, text: str) -> StatedValue:
    """Read what a person typed: `214 10*9/L`, `yes`, `female`, `2026-11-10`, `lung brain`.

    A laboratory value may have its day behind the unit, `214 10*9/L 2026-11-10`, and a daily dose
    its drug.

    Raises `InputRefused`: `case.answer`, saying what is wanted; also for a unit that is not listed
    and a value that no patient has, which would count as unknown in the end.
    """
    typed = text.strip()
    entry: object
    if key in QUANTITIES or key in UPPER_LIMITS:
        entry = _split_amount(key, typed)
    elif typed.lower() in (*YES, *NO):
        entry = typed.lower() in YES
    else:
        entry = parse_cell(key, typed)
    stated, errors = find_entries({key: entry})
    if errors:
        raise InputRefused("case.answer", key, "cannot be read", f"give {say_answer(key)}")
    for doubt in convert_stated(stated).findings:
        if doubt.code.startswith(AT_ONCE):
            reason = doubt.message.removeprefix(f"{key}: ").removesuffix(COUNTS_AS_UNKNOWN)
            raise InputRefused("case.answer", key, reason, f"give {say_answer(key)}")
    return stated.values[key]


def _split_amount(key: str, typed: str) -> dict[str, object]:
    """Split what was typed of an amount: its number, its unit, and what may stand behind that."""
    number, _, unit = typed.partition(" ")
    plain = re.fullmatch(r"[+-]?\d+(\.\d+)?", number, re.ASCII)
    entry: dict[str, object] = {"value": Decimal(number) if plain else number}
    first, _, last = unit.strip().rpartition(" ")
    if first and key == DRUG_KEY:
        return {**entry, "unit": first.strip(), "drug": last}
    if first and _DAY.fullmatch(last):
        return {**entry, "unit": first.strip(), "date": last}
    return {**entry, "unit": unit.strip() or None}


def as_toml(value: StatedValue | int | Decimal | Mapping[str, StatedValue]) -> str:
    """Write a value as TOML, exact.

    Examples
    --------
    >>> as_toml(Amount(Fraction("13.10"), "g/dL")), as_toml(True), as_toml(("lung", "brain"))
    ('{ value = 13.1, unit = "g/dL" }', 'true', '["lung", "brain"]')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case Fraction():
            return _number(value)
        case date():
            return value.isoformat()
        case Amount():
            more = {"date": value.date, "drug": value.drug}
            beside = "".join(f", {k} = {as_toml(v)}" for k, v in more.items() if v is not None)
            return f"{{ value = {_number(value.value)}, unit = {as_toml(value.unit)}{beside} }}"
        case EarlierEmbolisation():
            told = {"kind": value.kind, "date": value.date}
            inner = ", ".join(f"{k} = {as_toml(v)}" for k, v in told.items() if v is not None)
            return f"{{ {inner} }}"
        case Mapping():
            inner = ", ".join(f"{as_toml(key)} = {as_toml(one)}" for key, one in value.items())
            return f"{{ {inner} }}"
        case str():
            value.encode()  # raises where a name of a file is not text, which TOML cannot hold
            return f'"{"".join(_character(char) for char in value)}"'
    return f"[{', '.join(as_toml(one) for one in value)}]"


def as_toml_cut(cut: BranchCut) -> str:
    """Write a branch that is cut, its place in RAS+ and exact.

    Examples
    --------
    >>> as_toml_cut(BranchCut("portal", (84.0, 30.0625, -22.1)))
    '{ tree = "portal", at_mm = [84.0, 30.0625, -22.1], frame = "RAS" }'
    """
    if cut.at_mm is None:
        return f"{{ tree = {as_toml(cut.tree)}, branch = {as_toml(cut.branch or '')} }}"
    return f'{{ tree = {as_toml(cut.tree)}, at_mm = {_place(cut.at_mm)}, frame = "RAS" }}'


def _character(char: str) -> str:
    """Escape what a basic string of TOML may not hold."""
    if char in '"\\':
        return f"\\{char}"
    return char if is_plain(char) else f"\\U{ord(char):08X}"


def _number(value: Fraction) -> str:
    """Write a typed number with all of its digits; it has as many as a decimal may have."""
    with localcontext() as context:
        context.prec = 1000
        exact = (Decimal(value.numerator) / Decimal(value.denominator)).normalize()
    plain = abs(exact.adjusted()) < 20
    return f"{exact:f}" if plain else str(exact)


def list_entries(request: Request, folder: Path) -> Entries:
    """List what a request says but its facts; paths are written from `folder`."""
    tables = {
        MASKS: _masks(request, folder),
        VESSELS: _vessel_roots(request),
        PLAN: _plan(request),
        TREATED: {} if request.territory is None else _treated(request.territory),
        PATIENT: {
            key: as_toml(value)
            for key, value in (("height_cm", request.height_cm), ("weight_kg", request.weight_kg))
            if value is not None
        },
        IMAGING: {} if request.ct is None else {"ct": _files(request.ct, folder)},
    }
    return {table: entries for table, entries in tables.items() if entries}


def _masks(request: Request, folder: Path) -> dict[str, str]:
    files = request.files
    found = {role: _files(paths, folder) for role, paths in files.masks.items()}
    if files.no_tumour:
        found["no_tumour"] = "true"
    if request.spleen is not None:
        found["spleen"] = _files(request.spleen, folder)
    if files.label_map is not None:
        found["labelmap"] = _label_map(files, _files(files.label_map, folder))
    for key, by_name in (("exclude", files.excluded), ("vessels", files.vessels)):
        if by_name:
            named = (
                f"{as_toml(name)} = {_files(paths, folder)}" for name, paths in by_name.items()
            )
            found[key] = f"{{ {', '.join(named)} }}"
    if files.absent_segments:
        found["absent_segments"] = _segments(sorted(files.absent_segments))
    if files.gaps_to_nearest:
        found["gaps_to_nearest"] = "true"
    return found


def _label_map(files: MaskFiles, written: str) -> str:
    if files.scheme is None:
        return written
    return f"{{ file = {written}, scheme = {as_toml(files.scheme)} }}"


def _plan(request: Request) -> dict[str, str]:
    segments = [name for one in request.operations for name in one.remnant_segments]
    found = {"remnant_segments": _segments(segments)} if segments else {}
    if request.clearing_margin_mm is not None:
        found["clearing_margin_mm"] = as_toml(Fraction(str(request.clearing_margin_mm)))
    if request.cuts:
        found["cuts"] = f"[{', '.join(map(as_toml_cut, request.cuts))}]"
    planes = [plane for one in request.operations for plane in one.planes]
    if planes:
        found["plane"] = f"[{', '.join(map(_cut_plane, planes))}]"
    for one in request.operations:
        if one.wedges is not None:
            found["wedges"] = _wedges(one.wedges)
    return found


def _cut_plane(plane: CutPlane) -> str:
    """Write a plane that cuts, in RAS+."""
    point, normal = plane.in_ras()
    return f'{{ point_mm = {_place(point)}, normal = {_place(normal)}, frame = "RAS" }}'


def _wedges(wedges: Wedges) -> str:
    """Write lesions that go with a margin."""
    lesions = f"[{', '.join(map(str, wedges.lesions))}]" if wedges.lesions else as_toml("all")
    margin_mm = wedges.margin_mm
    margin = "" if margin_mm is None else f", margin_mm = {as_toml(Fraction(str(margin_mm)))}"
    return f"{{ lesions = {lesions}{margin} }}"


def _vessel_roots(request: Request) -> dict[str, str]:
    """Write where trees begin, in RAS+."""
    roots = request.vessel_roots_mm
    found = {f"{tree}_root_mm": _place(place) for tree, place in roots.items()}
    return {**found, "frame": as_toml("RAS")} if found else {}


def _place(place: Place) -> str:
    return f"[{', '.join(map(repr, place))}]"


def _treated(territory: Territory) -> dict[str, str]:
    found = {"segments": _segments(territory.segments)} if territory.segments else {}
    if territory.with_tumour:
        found["with_tumour"] = "true"
    if territory.margin_mm:
        found["margin_mm"] = as_toml(Fraction(str(territory.margin_mm)))
    return found


def _segments(names: list[str] | tuple[str, ...]) -> str:
    """Write segments as numbers, but halves of one."""
    return f"[{', '.join(name if name.isdigit() else as_toml(name) for name in names)}]"


def _files(paths: Paths, folder: Path) -> str:
    """Write the one path, or the several of a role, from the case file's folder."""
    files = [path for path in each_of(paths) if isinstance(path, Path)]  # none is in memory here
    written = [as_toml(Path(os.path.relpath(path, folder)).as_posix()) for path in files]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"
