"""A new case file: what was answered, and as comments what is still to ask, of whom [new-case]."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from fl_planner.basis.diagnoses import Diagnosis
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.plain_text import is_plain
from fl_planner.intake.patients.cells import parse_cell
from fl_planner.intake.patients.entries import find_entries, say_wanted
from fl_planner.planning.route.questions import Question
from fl_planner.trials.convert import COUNTS_AS_UNKNOWN, convert_stated
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.meaning import say_meaning as say_meaning
from fl_planner.trials.facts.quantities import QUANTITIES, UPPER_LIMITS
from fl_planner.trials.statements import (
    EMBOLISED,
    Amount,
    EarlierEmbolisation,
    Stated,
    StatedValue,
)

YES, NO = ("y", "yes"), ("n", "no")
AT_ONCE = ("unknown_unit.", "implausible.")  # codes of what is asked again
HEAD = """\
# A case file of fl-planner; a line that begins with # is not read.
# Judge it: fl-planner trials judge {name}   Plan it: fl-planner plan {name}
"""
MASKS = {  # role -> what it is, for the comments
    "liver": "the liver, with or without its tumours",
    "tumour": "all tumours of the liver; or no_tumour = true",
    "flr": "the future liver remnant; or resected = ..., or segments under [[plan]]",
    "treated": "the area to be radioembolised",
    "labelmap": "Couinaud segments 1 to 8",
}
# volumes that masks give: not asked for where the mask is named
MEASURED = {
    "liver": ("total_liver_volume",),
    "tumour": ("tumour_volume",),
    "flr": ("flr_volume",),
    "resected": ("flr_volume",),
    "treated": ("treated_nontumorous_volume",),
}
MASK_KEYS = (*MASKS, "resected")


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a new case file says.

    - `name`: of the file.
    - `id`: the user's pseudonym.
    - `diagnosis`: as in a case file; it stands for `crlm_present` and `hcc_present`.
    - `masks`: files by role, relative to the case file; a tumour may have several.
    - `no_tumour`: there is none.
    - `ct`: the CT, relative to the case file.
    - `stated`: what was answered.
    - `questions`: what is still to ask, in order.
    """

    name: str
    id: str | None = None
    diagnosis: Diagnosis | None = None
    masks: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    no_tumour: bool = False
    ct: str | None = None
    stated: Stated = field(default_factory=Stated)
    questions: tuple[Question, ...] = ()


def write_draft(draft: Draft) -> str:
    """Write a case file, with comments on what each entry means.

    Examples
    --------
    >>> print(write_draft(Draft("c.toml", "p1")).splitlines()[2:4])
    ['schema = 1', 'id = "p1"                       # your pseudonym, printed as given']
    """
    lines = [*HEAD.format(name=draft.name).splitlines(), "schema = 1"]
    said = "your pseudonym, printed as given"
    lines.append(_line("id", as_toml(draft.id or "case-001"), said, given=draft.id is not None))
    said = "crlm, hcc or other"
    given = draft.diagnosis is not None
    lines.append(_line("diagnosis", as_toml(draft.diagnosis or "crlm"), said, given=given))
    lines += ["", *_masks(draft), "", *_imaging(draft), "", "[facts]", *_facts(draft.stated)]
    if draft.questions:
        lines += ["", *_open(draft.questions)]
    return "\n".join(lines) + "\n"


def _masks(draft: Draft) -> Iterator[str]:
    yield "[masks]                         # paths relative to this file"
    for role, says in MASKS.items():
        path = draft.masks.get(role)
        if role == "tumour" and draft.no_tumour:
            yield _line("no_tumour", "true", "there is none", given=True)
        elif role == "flr" and path is None and "resected" in draft.masks:
            removed = as_toml(draft.masks["resected"])
            yield _line("resected", removed, "to be removed; the rest remains", given=True)
        else:
            yield _line(role, as_toml(path or f"{role}.nii.gz"), says, given=path is not None)


def _imaging(draft: Draft) -> Iterator[str]:
    ct = draft.ct
    yield "[imaging]" if ct is not None else "# [imaging]"
    yield _line("ct", as_toml(ct or "ct.nii.gz"), "asked whether it fits", given=ct is not None)
    yield _line("date", "2026-05-04", "of the scan", given=False)
    yield from ("", "# [function]")
    yield _line("date", "2026-05-06", "of the scintigraphy", given=False)


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


def _line(key: str, value: str, says: str, *, given: bool) -> str:
    entry = f"{'' if given else '# '}{key} = {value}"
    return f"{entry:<31} # {says}"


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

    Raises `InputRefused`: `case.answer`, saying what is wanted; also for a unit that is not listed
    and a value that no patient has, which would count as unknown in the end.
    """
    typed = text.strip()
    entry: object
    if key in QUANTITIES or key in UPPER_LIMITS:
        number, _, unit = typed.partition(" ")
        plain = re.fullmatch(r"[+-]?\d+(\.\d+)?", number, re.ASCII)
        entry = {"value": Decimal(number) if plain else number, "unit": unit.strip() or None}
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


def as_toml(value: StatedValue) -> str:
    """Write a value as TOML, exact.

    Examples
    --------
    >>> as_toml(Amount(Fraction("13.10"), "g/dL")), as_toml(True), as_toml(("lung", "brain"))
    ('{ value = 13.1, unit = "g/dL" }', 'true', '["lung", "brain"]')
    """
    match value:
        case bool():
            return "true" if value else "false"
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
        case str():
            return f'"{"".join(_character(char) for char in value)}"'
    return f"[{', '.join(as_toml(one) for one in value)}]"


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
