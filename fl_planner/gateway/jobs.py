"""Content of a gateway's store: objects, and cases with their status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["waiting", "planned", "stored", "refused"]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a received study.

    - `needed`: instances of images to which a drawing refers.
    - `is_result`: whether it belongs to a result set of this program, which is not planned again.
    """

    instance: str
    study: str
    series: str
    sop_class: str
    caller: str
    content: bytes
    needed: frozenset[str] = frozenset()
    is_result: bool = False

    def __repr__(self) -> str:
        """Hide the content in tracebacks."""
        return "StoredObject(...)"


@dataclass(frozen=True, slots=True)
class Job:
    """One case to be planned: the drawings of a study received together.

    - `number`: number of the case; its id is "study-NUMBER".
    - `replaces`: job of the same study whose results it replaces.
    - `withdrawn`: whether the results of that job were withdrawn.
    - `code`, `reason`, `remedy`: content of the refusal, or of the last failed attempt.
    - `answer`: the entries of the plan in the worklist, as JSON.
    """

    number: int
    study: str
    caller: str
    state: State
    came: float
    due: float
    attempts: int
    archive: str | None
    replaces: int | None
    withdrawn: bool
    code: str | None
    reason: str | None
    remedy: str | None
    answer: str | None

    def __repr__(self) -> str:
        """Hide the UID of the study in tracebacks."""
        return f"Job({self.number}, {self.state})"

    @property
    def case_id(self) -> str:
        """The pseudonym of the case."""
        return f"study-{self.number}"


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """Journal entry of a planned job: the UIDs of its results, and its row in the worklist."""

    series: str
    archive: str | None
    members: tuple[str, ...]
    replaces: int | None
    answer: str
