"""Inputs and results of formulas, and the formulas by name.

A formula is a function that declares its parameters with descriptions, units and bounds, and its
results. The command with its help, the list, Python and the docs use these declarations.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from importlib import import_module
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import find_nearest
from fl_planner.basis.units import Plausible
from fl_planner.trials.criterion import Role, Trial
from fl_planner.trials.facts.quantities import names_no_liver

# inputs of a formula; None is a missing input, of which dependent results are unknown
Number = Fraction | None
Whole = int | None
Text = str | None
YesNo = bool | None
Numbers = tuple[Fraction, ...]
Words = tuple[str | None, ...]  # None for an unknown one
Rows = tuple[Numbers, ...]
Amounts = Mapping[str, Fraction]
Protocols = tuple[Trial, ...]  # all known trials

RANGES = {"across_formulas_ml"}  # smallest and largest; any other list has one entry per input
PerEntry = tuple[Fraction | bool | None, ...]
Result = Fraction | float | int | str | bool | list[float] | PerEntry | dict[str, int] | None
Results = dict[str, Result]

T = TypeVar("T")


class Kind(Enum):
    """The kind of an input; those of `JSON_ONLY` cannot be given as options."""

    NUMBER = "number"
    WHOLE = "whole number"
    WORD = "word"
    TEXT = "text"
    YES_NO = "yes or no"
    DATE = "date"
    NUMBERS = "list of numbers"
    WORDS = "list of words"
    MATRIX = "list of lists of numbers"
    AMOUNTS = "object whose values are numbers"
    ENTRIES = "list of objects"


FLR_ELSEWHERE = (
    "fl-planner volume measures the FLR percentage from masks; fl-planner trials judge computes it "
    "from the facts flr_volume, total_liver_volume and tumour_volume"
)
JSON_ONLY = frozenset({Kind.MATRIX, Kind.AMOUNTS, Kind.ENTRIES})
_KINDS: dict[Any, Kind] = {
    Fraction: Kind.NUMBER, int: Kind.WHOLE, str: Kind.TEXT, bool: Kind.YES_NO, date: Kind.DATE,
    Numbers: Kind.NUMBERS, Words: Kind.WORDS, Rows: Kind.MATRIX, Amounts: Kind.AMOUNTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a formula, as annotated at its parameter; the parameter defines the rest.

    - `says`: short description.
    - `plausible`: plausible range of a number, or of each number of a list.
    - `unit`: unit in help, by default that of `plausible`; empty if dimensionless.
    - `words` (mapping of str to str): accepted words and their meaning; by default the words of a
      `Literal`.
    - `name`: its key, with its unit.
    - `kind`: its kind.
    - `required`: whether the formula requires it, so that it can be neither None nor omitted.
    - `entry`: type of each object of a list, and `parts` its keys.
    """

    says: str
    plausible: Plausible | None = None
    unit: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    kind: Kind = Kind.TEXT
    required: bool = False
    entry: Callable[..., Any] | None = None
    parts: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Results by name, None if undetermined, and findings."""

    results: Results
    findings: tuple[Finding, ...] = ()


def answer(findings: Iterable[Finding] = (), /, **results: Result) -> Answer:
    """Return an answer with results by name."""
    return Answer(results, tuple(findings))


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula, described by the first line of its function's docstring.

    - `results` (mapping of str to str): each result, and its description with unit.
    - `compute`: the function, with inputs by name.
    - `source`: its source, unless stated by the functions that it uses.
    - `place`: its section of the list, one of `PLACES`.
    """

    results: Mapping[str, str]
    compute: Callable[..., Answer]
    source: str
    place: str

    @property
    def says(self) -> str:
        """The description of the formula, for use within a sentence."""
        says = (self.compute.__doc__ or "").partition("\n")[0].removesuffix(".")
        named = says.partition(" ")[0][1:].lower() != says.partition(" ")[0][1:]  # Child-Pugh
        return says if named else f"{says[:1].lower()}{says[1:]}"

    @property
    def name(self) -> str:
        """The name of the formula on the command line."""
        return self.compute.__name__

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs of the formula."""
        return tuple(_read_inputs(self.compute).values())

    @property
    def trials(self) -> tuple[Role, ...]:
        """Pathway roles of the trials whose limits it uses: its parameters with these names."""
        hints = _read_kinds(self.compute)
        return tuple(role for role in get_args(Role) if hints.get(role) is Trial)

    @property
    def names_trial(self) -> bool:
        """Whether a trial is among its inputs."""
        return Protocols in _read_kinds(self.compute).values()

    def answer(
        self,
        values: Mapping[str, object],
        trials: Mapping[Role, Trial] | None = None,
        judged: Protocols = (),
    ) -> Answer:
        """Compute the results from valid values by name.

        - `trials`: the trials whose limits it uses.
        - `judged`: all known trials.
        """
        asked = _read_inputs(self.compute)
        given = {key: values[item.name] for key, item in asked.items() if item.name in values}
        unknown = dict.fromkeys(_without_default(self.compute, asked))
        protocols = {str(role): trial for role, trial in (trials or {}).items()}
        named = {"judged": judged} if self.names_trial else {}
        return self.compute(**unknown | given, **protocols, **named)


def formula(
    *, source: str = "", place: str = "", **results: str
) -> Callable[[Callable[..., Answer]], Formula]:
    """Declare a function as a formula; `results` are descriptions by name, with unit."""

    def declare(compute: Callable[..., Answer]) -> Formula:
        home = compute.__module__.rpartition(".")[2]
        return Formula(results, compute, source, place or home)

    return declare


@cache  # a table of many rows asks for each
def _read_kinds(compute: Callable[..., Answer]) -> Mapping[str, Any]:
    return get_type_hints(compute)


@cache
def _read_inputs(owner: Callable[..., Any]) -> Mapping[str, Input]:
    """Read the inputs from the parameters of a function, or the fields of an entry."""
    hints = get_type_hints(owner, include_extras=True)
    needed = _without_default(owner, hints)
    return {
        key: _read_input(key.rstrip("_"), hint, key in needed)
        for key, hint in hints.items()
        if hasattr(hint, "__metadata__")
    }


def _without_default(owner: Callable[..., Any], names: Mapping[str, object]) -> list[str]:
    parameters = inspect.signature(owner).parameters
    return [
        name
        for name in names
        if name in parameters and parameters[name].default is inspect.Parameter.empty
    ]


def _read_input(name: str, hint: Any, needed: bool) -> Input:
    """Read the kind of one input, and whether it is required."""
    annotated, declared = get_args(hint)
    assert isinstance(declared, Input)
    optional = NoneType in get_args(annotated)
    of = (
        next(kind for kind in get_args(annotated) if kind is not NoneType)
        if optional
        else annotated
    )
    known = "" if declared.plausible is None else declared.plausible.unit
    unit = known if declared.unit is None else declared.unit
    read = replace(declared, name=name, unit=unit, required=needed and not optional)
    if of in _KINDS:
        return replace(read, kind=Kind.WORD if of is str and read.words else _KINDS[of])
    if get_origin(of) is Literal:
        words = read.words or {word: word for word in get_args(of)}
        return replace(read, kind=Kind.WORD, words=words)
    entry, _ = get_args(of)
    parts = tuple(_read_inputs(entry).values())
    return replace(read, kind=Kind.ENTRIES, entry=entry, parts=parts)


def when_given(function: Callable[..., T], *values: object) -> T | None:
    """Apply a function to values; return None if one of them is unknown.

    Examples
    --------
    >>> when_given(max, 1, 2), when_given(max, 1, None)
    (2, None)
    """
    return None if any(value is None for value in values) else function(*values)


def refuse_both(**given: object) -> None:
    """Refuse two alternative inputs if both were given."""
    if all(value is not None for value in given.values()):
        first, second = given
        reason = f"{first} and {second} were both given"
        raise InputRefused("calc.twice", second, reason, "give only one of them")


PLACES = (  # in listing order: a module, or a part of a module
    *("volumes", "growth", "endpoints", "growth.response", "endpoints.outcomes", "scintigraphy"),
    *("radioembolisation", "scores", "units", "trial_conditions", "units.readings"),
    "volumes.segments",
)


@cache
def every_formula() -> tuple[Formula, ...]:
    """Return all formulas in listing order."""
    homes = dict.fromkeys(place.partition(".")[0] for place in PLACES)
    modules = [import_module(f"fl_planner.calculator.{home}") for home in homes]
    every = {
        value.name: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Formula)
    }
    return tuple(sorted(every.values(), key=lambda formula: PLACES.index(formula.place)))


def find_formula(name: str) -> Formula:
    """Return a formula by its name; `flr-bw` is `flr_bw`.

    Raises `InputRefused`: `calc.unknown`, with the most similar names, or with the formulas whose
    description contains the words or their initials: `kgr` for a kinetic growth rate.

    Examples
    --------
    >>> find_formula("flr-bw").name
    'flr_bw'
    """
    spelt = name.strip().casefold().replace("-", "_")
    named = {formula.name: formula for formula in every_formula()}
    if spelt not in named:
        if names_no_liver(spelt):  # sFLR, the most similar name, has another denominator
            raise InputRefused("calc.unknown", name, "the formula does not exist", FLR_ELSEWHERE)
        near = find_nearest(spelt, tuple(named), 3) or _find_described(spelt, named) or [*named]
        remedy = f"use {' or '.join(near)}; fl-planner calc --list shows all formulas"
        raise InputRefused("calc.unknown", name, "the formula does not exist", remedy)
    return named[spelt]


def _find_described(spelt: str, named: Mapping[str, Formula]) -> list[str]:
    """Find the formulas described by these words, or by words with these initials."""
    words = re.escape(spelt.replace("_", " "))
    initials = r"\w* ".join(map(re.escape, spelt))
    sought = re.compile(rf"\b(?:{words}\b|{initials})", re.IGNORECASE)
    return [
        name
        for name, formula in named.items()
        if len(spelt) > 1 and any(map(sought.search, (formula.says, *formula.results.values())))
    ]
