"""One case of a cohort before it is planned, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.result import Refusal, Status
from fl_planner.workup.many.plans import ForAll

FETCHED = "fetched:"  # before a file's name in a case's text: it is fetched from its address


@dataclass(frozen=True, slots=True)
class CohortCase:
    """A case as its source tells it.

    - `number`: in the order of the source, from 1; logs name a case by it.
    - `id`: the user's pseudonym, which no other case has.
    - `text`: its case file, as TOML.
    - `folder`: where the paths of the text begin; `name` is what refusals call the text.
    - `addresses`: URLs of files, by their names in the text.
    - `unread`: files that were found for it, whose names tell no role.
    - `refusal`: what is wrong with it before any file of it is opened.
    """

    number: int
    id: str
    text: str
    folder: str
    name: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every case alike.

    - `said`: of the patients.
    - `key`: hashes of what all results rest on: protocols, options, version, code.
    - `report`, `pictures`: whether a page and a picture of each case are wanted.
    - `private_addresses`: whether files may be fetched from private networks.
    """

    said: ForAll
    key: Mapping[str, str]
    report: bool = False
    pictures: bool = False
    private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """What came of a case.

    - `status`: None where the result of an earlier run holds.
    - `key`: of what it rests on, by what it is of.
    - `files`: what was made, by the name of the file.
    - `failure`: where it did not end: in words.
    - `seconds`: how long it took; `tries`: how often it was begun.
    """

    status: Status | None
    key: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    refusal: Refusal | None = None
    failure: str | None = None
    seconds: float = 0.0
    tries: int = 1


def as_refusal(wrong: InputRefused) -> Refusal:
    """Keep why a case has no plan."""
    return Refusal(code=wrong.code, source=wrong.source, reason=wrong.reason, remedy=wrong.remedy)
