"""The registry of the codes of refusals and findings, with cause and remedy.

It is read from `fl_planner/basis/finding_codes/*.toml`, for the documentation and tests only.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from fl_planner.basis.findings import Severity

REFUSED = "refused"
LEVELS = (REFUSED, *(severity.value for severity in Severity))
_NAME = re.compile(r"[a-z][a-z0-9_]*\.(?:[a-z][a-z0-9_]*|<[a-z]+>)")


@dataclass(frozen=True, slots=True)
class Code:
    """One code; `implausible.<fact>` represents the codes of all facts.

    - `name`: `topic.detail`, stable across releases.
    - `levels`: the levels, among `LEVELS`, at which it is raised.
    - `cause`, `remedy`: the error, and the action for the user.
    """

    name: str
    levels: tuple[str, ...]
    cause: str
    remedy: str

    def __post_init__(self) -> None:
        """Check the form of name and levels, and that both texts are present."""
        if not (_NAME.fullmatch(self.name) and self.levels and {*self.levels} <= {*LEVELS}):
            raise ValueError(f"{self.name}: {', '.join(self.levels)}")
        if not (self.cause and self.remedy):
            raise ValueError(f"{self.name}: has no cause, or no remedy")


@dataclass(frozen=True, slots=True)
class Topic:
    """Codes under one heading."""

    title: str
    codes: tuple[Code, ...]


def parse_topic(text: str) -> Topic:
    """Parse one file of the registry: its title, and one table per code."""
    table = tomllib.loads(text)
    title = table.pop("title")
    return Topic(title, tuple(_parse_code(name, **entry) for name, entry in table.items()))


def _parse_code(name: str, level: str | list[str], cause: str, remedy: str) -> Code:
    return Code(name, (level,) if isinstance(level, str) else tuple(level), cause, remedy)
