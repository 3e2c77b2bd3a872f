"""How a number of a record is told as an observation of its own, as FHIR has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from msgspec import Meta

from fl_planner.basis.terms import Term, local

GIVEN = "as it was given, not computed"


@dataclass(frozen=True, slots=True)
class Observation:
    """A number of a record as an observation: observations stand in the order of the keys.

    - `term`: what it is; a code of this project's own where no public one fits.
    - `method`: how it was got, or what it is a share of; `{whole}` is the whole of all shares.
    - `origin`: "masks", so that it is of the day of the scan and bears the doubts of the plan;
      "given", so that it has no doubts; None where `origin` of its part says whether it was given.
    - `of`: codes of the observations that it was computed from.
    - `number`: with which number of the record it is withdrawn; "" where nothing withdraws it.
    - `always`: whether it is told, as unknown, where it is not known.
    - `limited`: the share whose interval and limits of trials it has; "" where it has none.
    - `entry`: which one of values by name.
    - `last`: whether it stands behind all others.
    - `by`: fields of the record that lead to the names of what it rests on; () where that is one.
    - `words`: by these names, the words that `{...}` in `term` and `of` stand for: what rests on
      other things is another observation.
    - `readings`: keys beside `by` with the least and the most of its readings.
    """

    term: Term
    method: str = GIVEN
    origin: Literal["masks", "given"] | None = None
    of: tuple[str, ...] = ()
    number: str = ""
    always: bool = False
    limited: str = ""
    entry: str | None = None
    last: bool = False
    by: tuple[str, ...] = ()
    words: Mapping[tuple[str, ...], Mapping[str, str]] = field(default_factory=dict)
    readings: tuple[str, ...] = ()

    def told_by(self, names: tuple[str, ...]) -> "Observation":
        """Give the observation that it is by these."""
        words = self.words[names]
        code, display = (one.format(**words) for one in (self.term.code, self.term.display))
        term = replace(self.term, code=code, display=display)
        return replace(self, term=term, of=tuple(one.format(**words) for one in self.of))


def observed(term: Term, method: str = GIVEN, **more: Any) -> Meta:
    """Say which observation a key is; `more` are fields of `Observation`."""
    return Meta(extra={"observed": Observation(term, method, **more)})


def observed_as(code: str, display: str, method: str, **more: Any) -> Meta:
    """Say which observation a key is that has no public code."""
    return observed(local(code, display), method, **more)
