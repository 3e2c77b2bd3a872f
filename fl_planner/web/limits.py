"""How much, and for how long, a browser may ask of the page [safety.md 3]."""

from dataclasses import dataclass

MIB = 1 << 20
USUAL_PORT = 8321  # of this computer, at which the page is


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What is refused before, or while, it is read.

    - `header_s`, `body_s`: how long the header and the body of a request may take to come; a large
      body has a second more for each `slowest_mib_s` of it.
    - `job_s`: how long a case may be worked on.
    - `address_bytes`, `body_bytes`, `field_bytes`, `parts`: of a request.
    - `case_bytes`: of all that was dropped for a case.
    - `jobs`: cases worked on at once; `cases`: cases held at once.
    - `waiting`: connections at once.
    """

    header_s: float = 30.0
    body_s: float = 30.0
    slowest_mib_s: int = 16
    job_s: float = 120.0
    address_bytes: int = 8 << 10
    body_bytes: int = 1 << 30
    field_bytes: int = 64 << 10
    parts: int = 50
    case_bytes: int = 4 << 30
    jobs: int = 4
    cases: int = 8
    waiting: int = 200


LIMITS = PageLimits()
