"""How a number of a record is told as an observation of its own, as FHIR has it."""

from dataclasses import dataclass
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


def observed(term: Term, method: str = GIVEN, **more: Any) -> Meta:
    """Say which observation a key is; `more` are fields of `Observation`."""
    return Meta(extra={"observed": Observation(term, method, **more)})


def observed_as(code: str, display: str, method: str, **more: Any) -> Meta:
    """Say which observation a key is that has no public code."""
    return observed(local(code, display), method, **more)
