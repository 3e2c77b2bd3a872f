"""Conditions of a trial: comparisons of facts, rules, and rows of the table of routes.

Texts of a row contain names in braces for parts that differ between patients: `{flr}` within a
line is replaced by words; alone, it is replaced by sentences, or removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from operator import contains, eq, ge, gt, le, lt
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from msgspec import Struct, structs

from fl_planner.basis.constants import Cancer
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.three_valued import (
    Truth,
    agreed,
    agreed_where_known,
    all_of,
    any_of,
    first_known,
    none_of,
    once,
)
from fl_planner.trials.facts.facts import FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import QUANTITIES

_NUMBER: dict[str, Callable[[Any, Any], bool]] = {
    "less_than": lt,
    "at_most": le,
    "more_than": gt,
    "at_least": ge,
    "equals": eq,
}
# fact kind -> words of its comparisons: word(known, wanted)
WORDS: dict[FactKind, dict[str, Callable[[Any, Any], bool]]] = {
    FactKind.NUMBER: _NUMBER,
    FactKind.WHOLE: _NUMBER,
    FactKind.YES_NO: {"is_true": lambda known, _: known, "is_false": lambda known, _: not known},
    FactKind.CODE: {"equals": eq, "one_of": lambda known, wanted: known in wanted},
    FactKind.CODES: {"include": contains, "only": lambda known, wanted: set(known) <= set(wanted)},
    FactKind.TRIALS: {},  # per-trial answers are compared by their plain fact
}
UPPER_WORDS = frozenset({"less_than", "at_most"})  # a number fails these by being too large
# combination of several answers
RULES: dict[str, Callable[[Iterable[Truth]], Truth]] = {
    "all": all_of,
    "any": any_of,
    "none": none_of,
    "readings": agreed,
    "sources": agreed_where_known,
    "first_known": first_known,
    "once": once,
}


@cache  # of each fact and word: thousands of answers per list of patients
def _find_comparison(fact: str, word: str) -> Callable[[Any, Any], bool]:
    return WORDS[FACTS[fact].kind][word]


class Compared(NamedTuple):  # fast: thousands per list of patients
    """A comparison for one patient: fact, value, word, limit and answer.

    - `sought`: whether a true comparison supports the whole condition; not under `none`.
    - `where`: facts that must also be true, in one alternative of several.
    - `waits`: whether it depends on another condition that is not known to be true.
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
        """Value minus limit, in the fact's unit; None for non-numbers, or if the answer waits."""
        if self.waits:
            return None
        if isinstance(self.known, Fraction) and isinstance(self.limit, Fraction):
            return self.known - self.limit
        return None


class Compare(Struct, frozen=True):
    """Comparison of a fact with a value; values in `unknown_if` count as unknown."""

    fact: str
    word: str
    wanted: Value
    unknown_if: tuple[Value, ...] = ()

    def judge(self, facts: Facts) -> Truth:
        """Return the answer, UNKNOWN if the fact is unknown."""
        known = facts.get(self.fact)
        if known is None or known in self.unknown_if:
            return Truth.UNKNOWN
        holds = _find_comparison(self.fact, self.word)
        return Truth.TRUE if holds(known, self.wanted) else Truth.FALSE

    def open_facts(self, facts: Facts) -> frozenset[str]:
        """Return the fact if it is unknown."""
        return frozenset({self.fact} if self.judge(facts) is Truth.UNKNOWN else ())

    def decided_by(self, facts: Facts, truth: Truth) -> Iterator[Compared]:
        """Yield the comparison if it has this answer."""
        yield from (made for made in self.compared(facts) if made.truth is truth)

    def compared(self, facts: Facts) -> Iterator[Compared]:
        """Yield the comparison."""
        yield Compared(self.fact, facts.get(self.fact), self.word, self.wanted, self.judge(facts))


class Fresh(Struct, frozen=True):
    """Condition that all recorded laboratory values are recent enough.

    - `values`: input names.
    - `age`: comparison of `labs_age_days`, which applies if none of the values is recorded
      [trials.md 7.0].
    """

    values: tuple[str, ...]
    age: Compare

    def _ages(self, facts: Facts) -> tuple[Compare, ...]:
        ages = (
            structs.replace(self.age, fact=f"{v}_age_days")
            for v in self.values
            if on_file(v, facts)
        )
        return tuple(ages) or (self.age,)

    def judge(self, facts: Facts) -> Truth:
        """Return FALSE if one value is too old, UNKNOWN if the age of one is unknown."""
        return all_of(age.judge(facts) for age in self._ages(facts))

    def open_facts(self, facts: Facts) -> frozenset[str]:
        """Return the age of the blood tests if the answer is unknown."""
        return frozenset({self.age.fact} if self.judge(facts) is Truth.UNKNOWN else ())

    def decided_by(self, facts: Facts, truth: Truth) -> Iterator[Compared]:
        """Yield the ages with this answer."""
        yield from (made for made in self.compared(facts) if made.truth is truth)

    def compared(self, facts: Facts) -> Iterator[Compared]:
        """Yield the age of each recorded value; where it is unknown, that of the blood tests."""
        for age in self._ages(facts):
            undated = facts.get(age.fact) is None and facts.get(self.age.fact) is None
            yield from (self.age if undated else age).compared(facts)


class Group(Struct, frozen=True):
    """Conditions combined by one of `RULES`."""

    rule: str
    parts: tuple[Condition, ...]

    def judge(self, facts: Facts) -> Truth:
        """Combine the answers of the parts."""
        return RULES[self.rule](part.judge(facts) for part in self.parts)

    def open_facts(self, facts: Facts) -> frozenset[str]:
        """Return the unknown facts that are still relevant; none once the answer is known."""
        if self.judge(facts) is not Truth.UNKNOWN:
            return frozenset()
        first = self.parts[0]
        if self.rule == "once" and first.judge(facts) is Truth.FALSE:  # the other parts require it
            return frozenset(made.fact for made in first.compared(facts))
        return frozenset().union(*(part.open_facts(facts) for part in self.parts))

    def decided_by(self, facts: Facts, truth: Truth) -> Iterator[Compared]:
        """Yield the comparisons that determine this answer, without other branches."""
        wanted = ~truth if self.rule == "none" else truth
        for part in self.parts:
            if part.judge(facts) is wanted:
                yield from self._placed(part, part.decided_by(facts, wanted))

    def compared(self, facts: Facts) -> Iterator[Compared]:
        """Yield the comparisons of all parts, including those after a decided branch."""
        waits = self.rule == "once" and self.parts[0].judge(facts) is not Truth.TRUE
        for number, part in enumerate(self.parts):
            for made in self._placed(part, part.compared(facts)):
                yield made._replace(waits=True) if waits and number else made

    def _placed(self, part: Condition, compared: Iterable[Compared]) -> Iterator[Compared]:
        """Invert `sought` under `none`; add the facts required by one alternative of several."""
        beside = _list_true(part) if self.rule == "any" else ()
        for made in compared:
            if self.rule == "none":
                yield made._replace(sought=not made.sought)
            else:
                yield made._replace(where=beside) if beside else made


Condition = Compare | Fresh | Group


def _list_true(part: Condition) -> tuple[str, ...]:
    """List the facts that an alternative requires to be true."""
    parts = part.parts if isinstance(part, Group) and part.rule == "all" else ()
    return tuple(p.fact for p in parts if isinstance(p, Compare) and p.word == "is_true")


ALWAYS = Group("all", ())


def alternatives(condition: Condition) -> tuple[Condition, ...]:
    """List the alternatives of a condition; a condition without alternatives is the only entry."""
    if isinstance(condition, Group) and condition.rule == "any":
        return condition.parts
    return (condition,)


def on_file(value: str, facts: Facts) -> bool:
    """Check whether a laboratory value was given.

    Each recorded value has an entry for its age, None if unknown. A clotting time without the
    laboratory's upper limit has only this entry.
    """
    fact, ratio = QUANTITIES[value].fact or "", QUANTITIES[value].ratio or ""
    known = facts.get(fact) is not None or facts.get(ratio) is not None
    return known or f"{value}_age_days" in facts


When = Literal[
    "facts_contradict",
    "eligible_and_open",  # in the row's own trial, which recruits here
    "only_anatomy_forbids",  # in its own trial only combined PVE/HVE is ruled out
    "function_above_limit",
    "function_not_above_limit",
    "flr_too_small",
    "operable_and_flr_suffices",
    "resectable_and_flr_suffices",  # no extrahepatic disease, fitness not considered
    "perhaps_resectable",
    "portal_hypertension",
    "no_tumour",  # by volume or count, although diagnosed
    "lesions_left",  # in the remnant
    "no_lesion_left",  # known
    "embolised",  # before this scan
    "not_embolised",  # none recorded
    "liver_risk",
    "no_liver_risk",  # none recorded
    "limit_by_function",  # volume below its limit, function above its limit
    "too_small_or_by_function",
    "risk_embolised_or_function",
    "trials_undecided",
    "data_missing",  # of a trial, of the FLR, or only of the lesions in the remnant
]
PatientOf = Cancer | Literal["undecided", "neither"]
# names replaced by words or sentences that differ between patients
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
        *("undecided", "notes", "no_tumour", "window", "excluded_risk"),
    }
)
IN_STEPS = frozenset({"propose", "near", "ask"})
_NAME = re.compile(r"([RCH])(\d+)([a-z]?)")  # its place: H3a is between H3 and H4
_LETTERS: dict[PatientOf | None, str] = {"crlm": "C", "hcc": "H"}  # others: R
_BRACED = re.compile(r"\{(\w*)\}")


class RouteRow(Struct, frozen=True):
    """A row of the table of routes; the first row that applies is the route of a patient.

    - `name`: name such as `C5a`, which also gives its position: after C5, before C6.
    - `diagnosis`: diagnosis of its patients; None for all.
    - `route`, `csv`: stable name of the route, and its stable code in study rows.
    - `when`: conditions, all of which must be true.
    - `headline`: one line; `IN_HEADLINE` lists the names that may be filled in.
    - `reasons`, `next_steps`: sentences in order; names such as `{flr}` are replaced by sentences
      with the patient's numbers.
    - `trial`: short name of the trial whose file contains the row.
    - `beside_resection`: whether a resection may be named as an alternative.
    - `settles_first`: whether contradictory facts must be clarified before anything else.
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
        """Refuse a name without a position, unknown conditions, and names without a replacement."""
        letter = _LETTERS.get(self.diagnosis, "R")
        if not _NAME.fullmatch(self.name) or self.name[0] != letter:
            raise self._refused(
                f"row = {self.name!r}",
                f"name the row by its position in the table, such as {letter}5a",
            )
        if unknown := {*self.when} - {*get_args(When)}:
            raise self._refused(f"when = {sorted(unknown)}", f"use {sorted(get_args(When))}")
        self._require_known([self.headline], IN_HEADLINE)
        self._require_known(self.reasons, IN_REASONS)
        self._require_known(self.next_steps, IN_STEPS)
        for text in (*self.reasons, *self.next_steps):
            if "{" in text and not _BRACED.fullmatch(text):
                raise self._refused(
                    text,
                    "write each name in braces as a separate entry: it is replaced by whole "
                    "sentences",
                )
        named = f"{self.headline} {' '.join(self.next_steps)}"
        if {"eligible", "trial", "propose"} & {*_BRACED.findall(named)} and not self.leads:
            what = "{eligible}, {trial} or {propose} in a row without eligible_and_open"
            raise self._refused(what, "add eligible_and_open to the key `when`")
        if self.settles_first is ("{ask}" in self.next_steps):
            raise self._refused(
                "next_steps", "give the entry {ask} once; omit it if facts must be clarified first"
            )

    @property
    def leads(self) -> bool:
        """Whether the route is the trial whose file contains the row."""
        return "eligible_and_open" in self.when

    @property
    def place(self) -> tuple[int, int, str]:
        """Sort key of the rows."""
        found = _NAME.fullmatch(self.name)
        assert found is not None  # otherwise refused
        letter, number, behind = found.groups()
        return "RCH".index(letter), int(number), behind

    def _require_known(self, texts: Iterable[str], known: frozenset[str]) -> None:
        for text in texts:
            if unknown := {*_BRACED.findall(text)} - known:
                raise self._refused(f"{{{min(unknown)}}}", f"use {sorted(known)}")

    def _refused(self, what: str, remedy: str) -> InputRefused:
        return InputRefused("trial.unreadable", f"row {self.name}", f"cannot read {what}", remedy)


Of = TypeVar("Of")


def fill_in(line: str, words: Mapping[str, Callable[[Of], str]], patient: Of) -> str:
    """Replace the names in braces of a line.

    Examples
    --------
    >>> fill_in("{trial}: undecided", {"trial": str.upper}, "rescue")
    'RESCUE: undecided'
    """
    return re.sub(r"\{(\w+)\}", lambda found: words[found[1]](patient), line)


def fill_sentences(
    texts: Iterable[str], passages: Mapping[str, Callable[[Of], Iterable[str]]], patient: Of
) -> Iterator[str]:
    """Yield sentences in order; a name alone is replaced by the sentences for this patient.

    Examples
    --------
    >>> [*fill_sentences(["First.", "{each}"], {"each": lambda names: names}, ["A.", "B."])]
    ['First.', 'A.', 'B.']
    """
    for text in texts:
        if text.startswith("{"):
            yield from passages[text.strip("{}")](patient)
        else:
            yield text
