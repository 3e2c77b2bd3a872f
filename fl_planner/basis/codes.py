"""The registry of codes: what each refusal and finding is called, why it comes, what to do.

A code stands twice: where it is raised, with its level, and as one entry in `codes/*.toml`, a
file a topic, with its cause and remedy. Reading these takes 25 ms, ten times what a command may
lose at its start, so no command reads them; a test holds both equal.
"""

import re
import tomllib
from dataclasses import dataclass

from fl_planner.basis.findings import Severity

REFUSED = "refused"
LEVELS = (REFUSED, *(severity.value for severity in Severity))
_NAME = re.compile(r"[a-z][a-z0-9_]*\.(?:[a-z][a-z0-9_]*|<[a-z]+>)")


@dataclass(frozen=True, slots=True)
class Code:
    """One code; `implausible.<fact>` stands for that of any fact.

    - `name`: `topic.detail`, stable across releases.
    - `levels`: those at which it is raised, of `LEVELS`.
    - `cause`, `remedy`: what is wrong, and what a person does about it.
    """

    name: str
    levels: tuple[str, ...]
    cause: str
    remedy: str

    def __post_init__(self) -> None:
        """Refuse a name or a level of another form, and a missing text."""
        if not (_NAME.fullmatch(self.name) and self.levels and {*self.levels} <= {*LEVELS}):
            raise ValueError(f"{self.name}: {', '.join(self.levels)}")
        if not (self.cause and self.remedy):
            raise ValueError(f"{self.name}: has no cause, or no remedy")


@dataclass(frozen=True, slots=True)
class Topic:
    """Codes that are looked up together, under one heading."""

    title: str
    codes: tuple[Code, ...]


def parse_topic(text: str) -> Topic:
    """Read one file of the registry: its title, and a table a code."""
    table = tomllib.loads(text)
    title = table.pop("title")
    return Topic(title, tuple(_parse_code(name, **entry) for name, entry in table.items()))


def _parse_code(name: str, level: str | list[str], cause: str, remedy: str) -> Code:
    return Code(name, (level,) if isinstance(level, str) else tuple(level), cause, remedy)
