"""What a formula asks for and answers, and every formula by its outside name.

A formula is a function: its name, its parameters with their words, units and bounds, and its
results stand on it, once. The command with its help, the list, Python and the docs read them.
"""

from __future__ import annotations

import inspect
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

# what a formula is given; None was not, and leaves unknown what follows from it
Number = Fraction | None
Whole = int | None
Text = str | None
YesNo = bool | None
Numbers = tuple[Fraction, ...]
Words = tuple[str | None, ...]  # None for one that is not known
Rows = tuple[Numbers, ...]
Amounts = Mapping[str, Fraction]
Protocols = tuple[Trial, ...]  # all that a person can name

# a list is a range, or one entry for each of a list that was given, where it is a tuple
PerEntry = tuple[Fraction | bool | None, ...]
Result = Fraction | float | int | str | bool | list[float] | PerEntry | dict[str, int] | None
Results = dict[str, Result]

T = TypeVar("T")


class Kind(Enum):
    """What an input can be; those of `JSON_ONLY` cannot be typed at a terminal."""

    NUMBER = "number"
    WHOLE = "whole number"
    WORD = "word"
    TEXT = "text"
    YES_NO = "yes or no"
    DATE = "date"
    NUMBERS = "list of numbers"
    WORDS = "list of words"
    MATRIX = "list of lists of numbers"
    AMOUNTS = "object of numbers"
    ENTRIES = "list of objects"


JSON_ONLY = frozenset({Kind.MATRIX, Kind.AMOUNTS, Kind.ENTRIES})
_KINDS: dict[Any, Kind] = {
    Fraction: Kind.NUMBER, int: Kind.WHOLE, str: Kind.TEXT, bool: Kind.YES_NO, date: Kind.DATE,
    Numbers: Kind.NUMBERS, Words: Kind.WORDS, Rows: Kind.MATRIX, Amounts: Kind.AMOUNTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a formula, as its parameter is annotated; the rest is read off the parameter.

    - `says`: what it is, in a few words.
    - `plausible`: what a number can be; each of a list, too.
    - `unit`: told in help, that of `plausible` where none is said; empty where it has none.
    - `words` (mapping of str to str): what may be typed for a word, and what it means here; those
      of a `Literal` where none are said.
    - `name`: its key, with its unit where it has one.
    - `kind`: how it is typed.
    - `required`: whether there is nothing to answer without it: it can be neither None nor left
      out.
    - `entry`: what each object of a list is made as, and `parts` its keys.
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
    """What follows: every result by name, None where it cannot be decided, and findings."""

    results: Results
    findings: tuple[Finding, ...] = ()


def answer(findings: Iterable[Finding] = (), /, **results: Result) -> Answer:
    """Answer with results by name."""
    return Answer(results, tuple(findings))


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula, which the first line of its function's docstring describes.

    - `results` (mapping of str to str): each result, and what it is with its unit.
    - `compute`: from its inputs, by name.
    - `source`: where it is from, unless the functions that it calls say so.
    - `place`: where it is listed, one of `PLACES`.
    """

    results: Mapping[str, str]
    compute: Callable[..., Answer]
    source: str
    place: str

    @property
    def says(self) -> str:
        """What it is, as it stands within a sentence."""
        says = (self.compute.__doc__ or "").partition("\n")[0].removesuffix(".")
        named = says.partition(" ")[0][1:].lower() != says.partition(" ")[0][1:]  # Child-Pugh
        return says if named else f"{says[:1].lower()}{says[1:]}"

    @property
    def name(self) -> str:
        """Its outside name."""
        return self.compute.__name__

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What it takes."""
        return tuple(_read_inputs(self.compute).values())

    @property
    def trials(self) -> tuple[Role, ...]:
        """Trials whose limits it uses, by their role in the pathway: parameters of that name."""
        hints = get_type_hints(self.compute)
        return tuple(role for role in get_args(Role) if hints.get(role) is Trial)

    @property
    def names_trial(self) -> bool:
        """Whether a trial is among its inputs."""
        return Protocols in get_type_hints(self.compute).values()

    def answer(
        self,
        values: Mapping[str, object],
        trials: Mapping[Role, Trial] | None = None,
        judged: Protocols = (),
    ) -> Answer:
        """Answer what follows from values by name, each right in kind.

        - `trials`: those whose limits it uses.
        - `judged`: all that a person can name.
        """
        asked = _read_inputs(self.compute)
        given = {key: values[one.name] for key, one in asked.items() if one.name in values}
        unknown = dict.fromkeys(_without_default(self.compute, asked))
        protocols = {str(role): trial for role, trial in (trials or {}).items()}
        named = {"judged": judged} if self.names_trial else {}
        return self.compute(**unknown | given, **protocols, **named)


def formula(
    *, source: str = "", place: str = "", **results: str
) -> Callable[[Callable[..., Answer]], Formula]:
    """Make a formula of a function; `results` by name are what each is, with its unit."""

    def declare(compute: Callable[..., Answer]) -> Formula:
        home = compute.__module__.rpartition(".")[2]
        return Formula(results, compute, source, place or home)

    return declare


@cache
def _read_inputs(owner: Callable[..., Any]) -> Mapping[str, Input]:
    """Read the inputs off the parameters of a function, or off the fields of an entry."""
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
    """Read one: of which kind it is, and whether it is required."""
    typed, said = get_args(hint)
    assert isinstance(said, Input)
    optional = NoneType in get_args(typed)
    of = next(one for one in get_args(typed) if one is not NoneType) if optional else typed
    known = "" if said.plausible is None else said.plausible.unit
    unit = known if said.unit is None else said.unit
    read = replace(said, name=name, unit=unit, required=needed and not optional)
    if of in _KINDS:
        return replace(read, kind=Kind.WORD if of is str and read.words else _KINDS[of])
    if get_origin(of) is Literal:
        words = read.words or {word: word for word in get_args(of)}
        return replace(read, kind=Kind.WORD, words=words)
    entry, _ = get_args(of)
    parts = tuple(_read_inputs(entry).values())
    return replace(read, kind=Kind.ENTRIES, entry=entry, parts=parts)


def when_given(function: Callable[..., T], *values: object) -> T | None:
    """Apply a function to values, or say None where one of them is not known.

    Examples
    --------
    >>> when_given(max, 1, 2), when_given(max, 1, None)
    (2, None)
    """
    return None if any(value is None for value in values) else function(*values)


def refuse_both(**given: object) -> None:
    """Refuse two inputs that may stand for each other, where both were given."""
    if all(value is not None for value in given.values()):
        first, second = given
        reason = f"{first} and {second} were both given"
        raise InputRefused("calc.twice", second, reason, "give one of them")


PLACES = (  # in the order in which they are listed: a module, or a part of one
    *("volumes", "growth", "endpoints", "growth.response", "endpoints.outcomes", "scintigraphy"),
    *("radioembolisation", "scores", "units", "trial_conditions", "units.readings"),
    "volumes.segments",
)


@cache
def every_formula() -> tuple[Formula, ...]:
    """Give all formulas in the order in which they are listed."""
    homes = dict.fromkeys(place.partition(".")[0] for place in PLACES)
    modules = [import_module(f"fl_planner.calculator.{home}") for home in homes]
    every = {
        one.name: one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, Formula)
    }
    return tuple(sorted(every.values(), key=lambda one: PLACES.index(one.place)))


def find_formula(name: str) -> Formula:
    """Find a formula by its name; `flr-bw` is `flr_bw`.

    Raises `InputRefused`: `calc.unknown`, with the nearest right names.

    Examples
    --------
    >>> find_formula("flr-bw").name
    'flr_bw'
    """
    spelt = name.strip().casefold().replace("-", "_")
    named = {one.name: one for one in every_formula()}
    if spelt not in named:
        near = find_nearest(spelt, tuple(named), 3) or tuple(named)
        remedy = f"use {' or '.join(near)}; fl-planner calc --list shows all"
        raise InputRefused("calc.unknown", name, "no formula has this name", remedy)
    return named[spelt]
