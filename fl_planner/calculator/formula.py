"""What a formula asks for and answers, and every formula by its outside name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from fractions import Fraction
from importlib import import_module
from typing import TypeVar, cast

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import find_nearest
from fl_planner.basis.units import Plausible
from fl_planner.trials.criterion import Role, Trial

Numbers = tuple[Fraction, ...]
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


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a formula.

    - `name`: its key, with its unit where it has one.
    - `kind`: how it is typed.
    - `says`: what it is, in a few words.
    - `unit`: told in help; empty where it has none.
    - `plausible`: what a number can be; each of a list, too.
    - `words` (mapping of str to str): what may be typed for a word, and what it means here.
    - `required`: whether there is nothing to answer without it. Another that is not given leaves
      unknown what follows from it.
    - `parts`: keys of each object of a list.
    """

    name: str
    kind: Kind
    says: str
    unit: str = ""
    plausible: Plausible | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    parts: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Inputs by name, each right in kind; one that was not given is not there.

    `trials` are those whose limits the formula uses, `judged` all that a person can name.
    """

    values: Mapping[str, object]
    trials: Mapping[Role, Trial] = field(default_factory=dict)
    judged: tuple[Trial, ...] = ()

    def number(self, name: str) -> Fraction | None:
        """Give a number, exact."""
        found = self.values.get(name)
        return found if isinstance(found, Fraction) else None

    def number_or(self, name: str, default: Fraction) -> Fraction:
        """Give a number, or the one that the reference says to use."""
        found = self.number(name)
        return default if found is None else found

    def whole(self, name: str) -> int | None:
        """Give a whole number."""
        found = self.number(name)
        return None if found is None else found.numerator

    def word(self, name: str) -> str | None:
        """Give a word or a text."""
        found = self.values.get(name)
        return found if isinstance(found, str) else None

    def flag(self, name: str) -> bool | None:
        """Give a yes or no."""
        found = self.values.get(name)
        return found if isinstance(found, bool) else None

    def day(self, name: str) -> date | None:
        """Give a date."""
        found = self.values.get(name)
        return found if isinstance(found, date) else None

    def numbers(self, name: str) -> Numbers | None:
        """Give a list of numbers."""
        found = self.values.get(name)
        return cast(Numbers, found) if isinstance(found, tuple) else None

    def words(self, name: str) -> tuple[str | None, ...] | None:
        """Give a list of words; None for one that is not known."""
        found = self.values.get(name)
        return cast("tuple[str | None, ...]", found) if isinstance(found, tuple) else None

    def rows(self, name: str) -> tuple[Numbers, ...] | None:
        """Give the rows of a matrix."""
        found = self.values.get(name)
        return cast("tuple[Numbers, ...]", found) if isinstance(found, tuple) else None

    def amounts(self, name: str) -> Mapping[str, Fraction] | None:
        """Give numbers by name."""
        found = self.values.get(name)
        return cast("Mapping[str, Fraction]", found) if isinstance(found, Mapping) else None

    def entries(self, name: str) -> tuple[Given, ...] | None:
        """Give a list of objects, each with its own inputs."""
        found = self.values.get(name)
        return cast("tuple[Given, ...]", found) if isinstance(found, tuple) else None

    def one_of(self, first: str, second: str) -> str | None:
        """Tell which of two inputs was given, that may stand for each other.

        Raises `InputRefused`: if both were.
        """
        given = [name for name in (first, second) if name in self.values]
        if len(given) > 1:
            reason = f"{first} and {second} were both given"
            raise InputRefused("calc.twice", second, reason, "give one of them")
        return given[0] if given else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows: every result by name, None where it cannot be decided, and findings."""

    results: Results
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula: its outside name, what it takes and gives.

    - `results` (mapping of str to str): each result, and what it is with its unit.
    - `trials`: trials whose limits it uses, by their role in the pathway.
    - `names_trial`: whether a trial is among its inputs.
    """

    name: str
    says: str
    inputs: tuple[Input, ...]
    results: Mapping[str, str]
    compute: Callable[[Given], Answer]
    trials: tuple[Role, ...] = ()
    names_trial: bool = False


def when_given(function: Callable[..., T], *values: object) -> T | None:
    """Apply a function to values, or say None where one of them is not known.

    Examples
    --------
    >>> when_given(max, 1, 2), when_given(max, 1, None)
    (2, None)
    """
    return None if any(value is None for value in values) else function(*values)


_HOMES = (  # in the order in which they are listed
    ("volumes", ("bsa", "tlv_est", "sflr", "flr_bw")),
    ("growth", ("growth",)),
    ("endpoints", ("limit_reach", "score_change", "regional_function_change")),
    ("growth", ("response", "best_response")),
    ("endpoints", ("outcome_counts",)),
    ("scintigraphy", ("clearance", "clearance_analytic", "decay", "geomean")),
    ("scintigraphy", ("flr_function", "spect_share")),
    ("radioembolisation", ("y90_required", "y90", "y90_counts", "mass")),
    ("scores", ("meld", "meld3", "albi", "malbi", "makuuchi", "child_pugh", "renal")),
    ("scores", ("apri", "fib_4", "phlf", "fifty_fifty", "peak_bilirubin")),
    ("units", ("convert", "limit_check")),
    ("trial_conditions", ("dragon2_volume", "dragon2_combined", "rescue_core")),
    ("units", ("display_rule", "uncertainty")),
    ("volumes", ("segments", "volume_from_affine")),
)
HOME_OF = {name: home for home, names in _HOMES for name in names}
NAMES = tuple(HOME_OF)


def find_formula(name: str) -> Formula:
    """Find a formula by its name; `flr-bw` is `flr_bw`.

    Raises `InputRefused`: `calc.unknown`, with the nearest right names.

    Examples
    --------
    >>> find_formula("flr-bw").name
    'flr_bw'
    """
    spelt = name.strip().casefold().replace("-", "_")
    if spelt not in HOME_OF:
        near = find_nearest(spelt, NAMES, 3) or NAMES
        remedy = f"use {' or '.join(near)}; fl-planner calc --list shows all"
        raise InputRefused("calc.unknown", name, "no formula has this name", remedy)
    home = import_module(f"fl_planner.calculator.{HOME_OF[spelt]}")
    formulas: tuple[Formula, ...] = home.FORMULAS
    return {formula.name: formula for formula in formulas}[spelt]


def every_formula() -> Iterator[Formula]:
    """Give all formulas, those of one room together."""
    return (find_formula(name) for name in NAMES)
