"""The language of a trial: comparisons of facts, rules, and rows of the table of routes.

A row's texts hold names in braces for what differs from patient to patient; `{flr}` in a line
stands for words, alone it stands for whole sentences, which may be none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from operator import contains, eq, ge, gt, le, lt
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from fl_planner.basis.constants import Cancer
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.truth import (
    Truth,
    agreed,
    agreed_where_known,
    all_of,
    any_of,
    first_known,
    none_of,
    once,
)
from fl_planner.trials.facts.facts import FACTS, FactKind, Facts, Value
from fl_planner.trials.facts.quantities import QUANTITIES

_NUMBER: dict[str, Callable[[Any, Any], bool]] = {
    "less_than": lt,
    "at_most": le,
    "more_than": gt,
    "at_least": ge,
    "equals": eq,
}
# fact kind -> the words a comparison of it may use: word(known, wanted)
WORDS: dict[FactKind, dict[str, Callable[[Any, Any], bool]]] = {
    FactKind.NUMBER: _NUMBER,
    FactKind.WHOLE: _NUMBER,
    FactKind.YES_NO: {"is_true": lambda known, _: known, "is_false": lambda known, _: not known},
    FactKind.CODE: {"equals": eq, "one_of": lambda known, wanted: known in wanted},
    FactKind.CODES: {"include": contains, "only": lambda known, wanted: set(known) <= set(wanted)},
    FactKind.TRIALS: {},  # what is judged per trial is asked by its plain fact
}
UPPER_WORDS = frozenset({"less_than", "at_most"})  # a number fails them by being too large
# how the answers of several conditions make one
RULES: dict[str, Callable[[Iterable[Truth]], Truth]] = {
    "all": all_of,
    "any": any_of,
    "none": none_of,
    "readings": agreed,
    "sources": agreed_where_known,
    "first_known": first_known,
    "once": once,
}


@cache
def _find_word(fact: str, word: str) -> Callable[[Any, Any], bool]:
    return WORDS[FACTS[fact].kind][word]


class Compared(NamedTuple):  # made by the thousand: a list of patients waits for it
    """One comparison as it was made for one patient: the fact, its value, the word, the limit.

    - `sought`: whether its holding helps the whole condition to hold; under `none` it does not.
    - `where`: facts that must be true beside it, in one alternative of several.
    - `waits`: whether it answers nothing as long as another is not known to hold.
    """

    fact: str
    known: Value | None
    word: str
    limit: Value
    truth: Truth
    sought: bool = True
    where: tuple[str, ...] = ()
    waits: bool = False

    @property
    def distance(self) -> Fraction | None:
        """Value less limit, in the fact's unit; None where it is not two numbers, or waits."""
        if self.waits:
            return None
        if isinstance(self.known, Fraction) and isinstance(self.limit, Fraction):
            return self.known - self.limit
        return None


@dataclass(frozen=True, slots=True)
class Compare:
    """One fact against one value; a value in `unknown_if` says that nobody knows yet."""

    fact: str
    word: str
    wanted: Value
    unknown_if: tuple[Value, ...] = ()

    def judge(self, facts: Facts) -> Truth:
        """UNKNOWN when the fact is not known."""
        known = facts.get(self.fact)
        if known is None or known in self.unknown_if:
            return Truth.UNKNOWN
        return Truth.TRUE if _find_word(self.fact, self.word)(known, self.wanted) else Truth.FALSE

    def open_facts(self, facts: Facts) -> frozenset[str]:
        """Name the fact if it is not known."""
        return frozenset({self.fact} if self.judge(facts) is Truth.UNKNOWN else ())

    def decided_by(self, facts: Facts, truth: Truth) -> Iterator[Compared]:
        """Yield the comparison where it gives this answer."""
        yield from (one for one in self.compared(facts) if one.truth is truth)

    def compared(self, facts: Facts) -> Iterator[Compared]:
        """Yield the one comparison."""
        yield Compared(self.fact, facts.get(self.fact), self.word, self.wanted, self.judge(facts))


@dataclass(frozen=True, slots=True)
class Fresh:
    """Whether each laboratory value on file is young enough: one old value spoils it.

    `values` are input names; `age` is the comparison of `labs_age_days`, which decides by itself
    where none of the values is on file [trials.md 7.0].
    """

    values: tuple[str, ...]
    age: Compare

    def _ages(self, facts: Facts) -> tuple[Compare, ...]:
        ages = (replace(self.age, fact=f"{v}_age_days") for v in self.values if on_file(v, facts))
        return tuple(ages) or (self.age,)

    def judge(self, facts: Facts) -> Truth:
        """Answer FALSE when one value is too old, UNKNOWN when the age of one is not known."""
        return all_of(age.judge(facts) for age in self._ages(facts))

    def open_facts(self, facts: Facts) -> frozenset[str]:
        """Name the age of the blood tests where it decides."""
        return frozenset({self.age.fact} if self.judge(facts) is Truth.UNKNOWN else ())

    def decided_by(self, facts: Facts, truth: Truth) -> Iterator[Compared]:
        """Yield the ages that give this answer."""
        yield from (one for one in self.compared(facts) if one.truth is truth)

    def compared(self, facts: Facts) -> Iterator[Compared]:
        """Yield the age of each value on file."""
        for age in self._ages(facts):
            yield from age.compared(facts)


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by one of `RULES`."""

    rule: str
    parts: tuple[Condition, ...]

    def judge(self, facts: Facts) -> Truth:
        """Join the answers of the parts."""
        return RULES[self.rule](part.judge(facts) for part in self.parts)

    def open_facts(self, facts: Facts) -> frozenset[str]:
        """Name the unknown facts that still matter: none where the answer is already known."""
        if self.judge(facts) is not Truth.UNKNOWN:
            return frozenset()
        first = self.parts[0]
        if self.rule == "once" and first.judge(facts) is Truth.FALSE:  # the rest waits for that
            return frozenset(one.fact for one in first.compared(facts))
        return frozenset().union(*(part.open_facts(facts) for part in self.parts))

    def decided_by(self, facts: Facts, truth: Truth) -> Iterator[Compared]:
        """Yield the comparisons that make the answer this one: none of a branch beside it."""
        wanted = ~truth if self.rule == "none" else truth
        for part in self.parts:
            if part.judge(facts) is wanted:
                yield from self._placed(part, part.decided_by(facts, wanted))

    def compared(self, facts: Facts) -> Iterator[Compared]:
        """Yield the comparisons of all parts, those behind a decided branch too."""
        waits = self.rule == "once" and self.parts[0].judge(facts) is not Truth.TRUE
        for number, part in enumerate(self.parts):
            for one in self._placed(part, part.compared(facts)):
                yield one._replace(waits=True) if waits and number else one

    def _placed(self, part: Condition, compared: Iterable[Compared]) -> Iterator[Compared]:
        """Turn round what is sought under `none`; say what one alternative of several asks."""
        beside = _list_true(part) if self.rule == "any" else ()
        for one in compared:
            if self.rule == "none":
                yield one._replace(sought=not one.sought)
            else:
                yield one._replace(where=beside) if beside else one


Condition = Compare | Fresh | Group


def _list_true(part: Condition) -> tuple[str, ...]:
    """List the facts that one alternative asks to be true."""
    parts = part.parts if isinstance(part, Group) and part.rule == "all" else ()
    return tuple(one.fact for one in parts if isinstance(one, Compare) and one.word == "is_true")


ALWAYS = Group("all", ())


def alternatives(condition: Condition) -> tuple[Condition, ...]:
    """List the conditions any of which is enough; a condition that leaves no choice is alone."""
    if isinstance(condition, Group) and condition.rule == "any":
        return condition.parts
    return (condition,)


def on_file(value: str, facts: Facts) -> bool:
    """Tell whether a laboratory value was given, in whatever form.

    Each value on file has an entry for its age, which is None where nobody knows it. Of a time
    without the laboratory's upper limit that entry is all there is.
    """
    fact, ratio = QUANTITIES[value].fact or "", QUANTITIES[value].ratio or ""
    known = facts.get(fact) is not None or facts.get(ratio) is not None
    return known or f"{value}_age_days" in facts


When = Literal[
    "facts_contradict",
    "eligible_and_open",  # the row's own trial takes the patient, and recruits here
    "only_anatomy_forbids",  # of its own trial, combined PVE/HVE is ruled out; nothing else
    "function_above_limit",
    "function_not_above_limit",
    "flr_too_small",
    "operable_and_flr_suffices",
    "resectable_and_flr_suffices",  # without disease elsewhere, fitness not asked
    "perhaps_resectable",
    "portal_hypertension",
    "no_tumour",  # by volume or count, where one was diagnosed
    "lesions_left",  # in the remnant
    "no_lesion_left",  # known
    "embolised",  # before this scan
    "not_embolised",  # none on file
    "liver_risk",
    "no_liver_risk",  # none on file
    "limit_by_function",  # volume below its limit, function above its own
    "too_small_or_by_function",
    "risk_embolised_or_function",
    "trials_undecided",
    "data_missing",  # of a trial, of the FLR, or of nothing but the lesions in the remnant
]
PatientOf = Cancer | Literal["undecided", "neither"]
# what stands for words or sentences that differ from patient to patient
IN_HEADLINE = frozenset(
    {
        *(
            "against",
            "against_trial",
            "by_function",
            "eligible",
            "flr_side",
            "function_exceeds",
            "grown",
        ),
        *("lesions", "limit", "scan_of_day", "trial", "undecided", "why_none"),
    }
)
IN_REASONS = frozenset(
    {
        *("contradictions", "diagnosis", "flr", "open_flr", "lesions", "function", "trials"),
        *("undecided", "notes", "no_tumour"),
    }
)
IN_STEPS = frozenset({"propose", "near", "ask"})
_NAME = re.compile(r"([RCH])(\d+)([a-z]?)")  # its place: H3a stands between H3 and H4
_LETTERS: dict[PatientOf | None, str] = {"crlm": "C", "hcc": "H"}  # others: R
_BRACED = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One row of the table: the first one that holds is the route of a patient.

    - `name`: `C5a`, which is its place too: after C5, before C6.
    - `diagnosis`: whom it is for; None for anybody.
    - `route`, `csv`: the route's stable name, and its code in study rows, the same for ever.
    - `when`: what must hold, all of it.
    - `headline`: one line for people; `IN_HEADLINE` lists what it may leave to be filled in.
    - `reasons`, `next_steps`: sentences in their order; `{flr}` and the like stand for those that
      are made of a patient's numbers.
    - `trial`: short name of the trial whose file brings the row.
    - `beside_resection`: whether a resection may stand beside it.
    - `settles_first`: whether nothing else is said or asked before a person has settled the facts.
    """

    name: str
    diagnosis: PatientOf | None
    route: str
    csv: int
    headline: str
    when: tuple[When, ...] = ()
    reasons: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    trial: str | None = None
    beside_resection: bool = False
    settles_first: bool = False

    def __post_init__(self) -> None:
        """Refuse a name without a place, unknown conditions, and blanks that nobody fills in."""
        letter = _LETTERS.get(self.diagnosis, "R")
        if not _NAME.fullmatch(self.name) or self.name[0] != letter:
            raise self._refused(f"row = {self.name!r}", f"name it by its place: {letter}5a")
        unknown = {*self.when} - {*get_args(When)}
        if unknown:
            raise self._refused(f"when = {sorted(unknown)}", f"use {sorted(get_args(When))}")
        self._require_known([self.headline], IN_HEADLINE)
        self._require_known(self.reasons, IN_REASONS)
        self._require_known(self.next_steps, IN_STEPS)
        for text in (*self.reasons, *self.next_steps):
            if "{" in text and not _BRACED.fullmatch(text):
                raise self._refused(text, "let a name in braces stand alone: it is sentences")
        named = f"{self.headline} {' '.join(self.next_steps)}"
        if {"eligible", "trial", "propose"} & {*_BRACED.findall(named)} and not self.leads:
            raise self._refused("a trial as its route", "give eligible_and_open in when")
        if self.settles_first is ("{ask}" in self.next_steps):
            raise self._refused("next_steps", "name {ask} once, unless facts must be settled first")

    @property
    def leads(self) -> bool:
        """Whether it leads to its own trial."""
        return "eligible_and_open" in self.when

    @property
    def place(self) -> tuple[int, int, str]:
        """What rows are ordered by."""
        found = _NAME.fullmatch(self.name)
        assert found is not None  # or it would have been refused
        letter, number, behind = found.groups()
        return "RCH".index(letter), int(number), behind

    def _require_known(self, texts: Iterable[str], known: frozenset[str]) -> None:
        for text in texts:
            unknown = {*_BRACED.findall(text)} - known
            if unknown:
                raise self._refused(f"{{{min(unknown)}}}", f"use {sorted(known)}")

    def _refused(self, what: str, remedy: str) -> InputRefused:
        return InputRefused("trial.unreadable", f"row {self.name}", f"cannot read {what}", remedy)


Of = TypeVar("Of")


def fill_in(line: str, words: Mapping[str, Callable[[Of], str]], patient: Of) -> str:
    """Fill the names in a line.

    Examples
    --------
    >>> fill_in("{who} may go home", {"who": str.title}, "anna")
    'Anna may go home'
    """
    return re.sub(r"\{(\w+)\}", lambda found: words[found[1]](patient), line)


def tell_all(
    texts: Iterable[str], passages: Mapping[str, Callable[[Of], Iterable[str]]], patient: Of
) -> Iterator[str]:
    """Tell sentences in order; a name alone stands for those that are made for this patient.

    Examples
    --------
    >>> [*tell_all(["First.", "{each}"], {"each": lambda names: names}, ["A.", "B."])]
    ['First.', 'A.', 'B.']
    """
    for text in texts:
        if text.startswith("{"):
            yield from passages[text.strip("{}")](patient)
        else:
            yield text
