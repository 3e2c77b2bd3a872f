"""Limits of size and time for requests of a browser or a hospital's record [safety.md 3]."""

from dataclasses import dataclass

MIB = 1 << 20
FILE_GIB = 1  # of the voxels of a dropped file, as `--size-limit`


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Limits that are checked before or while data are read.

    - `header_s`, `body_s`: time for the header and the body of a request; a large body has one
      additional second for each `slowest_mib_s`.
    - `job_s`: time for one request to a case.
    - `address_bytes`, `body_bytes`, `field_bytes`, `parts`: limits of a request.
    - `case_bytes`: limit of all files dropped for a case.
    - `jobs`: cases processed at the same time; `cases`: cases open at the same time.
    - `left_s`: time after which a case is closed if its browser no longer requests it.
    - `waiting`: connections at the same time.
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
    left_s: float = 3600.0
    waiting: int = 200


LIMITS = PageLimits()
HOOK_LIMITS = PageLimits(  # of the service with cards [project's choice]
    header_s=10.0, body_s=10.0, job_s=10.0, body_bytes=16 * MIB, waiting=100
)
