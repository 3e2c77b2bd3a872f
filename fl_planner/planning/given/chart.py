"""Sources of facts read from a patient's electronic record, and codes that do not state a fact."""

import datetime

from msgspec import Struct


class FactSource(Struct, frozen=True):
    """A resource of FHIR from which a fact was read.

    - `key`: input key of the fact.
    - `resource`: type of the resource.
    - `place`: number of its entry in the Bundle, or of its line.
    - `age_days`: days before the assessment date; None without either date.
    - `id`, `date`: id and date of the resource; only for authorised output.
    """

    key: str
    resource: str
    place: int
    age_days: int | None = None
    id: str | None = None
    date: datetime.date | None = None


class UnmappedCode(Struct, frozen=True):
    """A code for which the mapping has no rule.

    - `resource`: type of the resources with this code.
    - `system`: short name in the mapping; None for a system that the mapping does not list.
    - `code`: None with `system`, because an unlisted system may contain anything; and None if it
      does not look like a code.
    """

    resource: str
    system: str | None = None
    code: str | None = None
