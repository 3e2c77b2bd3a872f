"""Statements of a dossier on purpose, users, inputs and limits, taken from the documentation.

`python -m docs.make.dossier` checks whether they are current, `--write` writes them into the
package: an installation does not contain the documentation.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DATA = PROJECT / "fl_planner" / "dossier" / "data" / "statements.json"
HOW_TO, LIMITS, README = "docs/how-to/before-use.md", "docs/what-this-cannot-see.md", "README.md"
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARK = re.compile(r"\*\*|\*|`")
_BULLET = re.compile(r"^(?:- |\d+\. )")


def as_statements() -> list[dict[str, object]]:
    """List the statements: title, page, and sentences without markup."""
    sections = [(HOW_TO, "Intended purpose"), (HOW_TO, "Intended users"), (HOW_TO, "Inputs")]
    sections += [(HOW_TO, "How answers are derived"), (README, "What it refuses")]
    sections += [(LIMITS, title) for title in list_titles(LIMITS)]
    return [
        {"title": title, "source": page, "sentences": [*read_section(page, title)]}
        for page, title in sections
    ]


def list_titles(page: str) -> list[str]:
    """List the titles of the sections of a page."""
    lines = (PROJECT / page).read_text("utf-8").splitlines()
    return [line[3:] for line in lines if line.startswith("## ")]


def read_section(page: str, title: str) -> Iterator[str]:
    """Read the paragraphs and list entries of a section as plain text; `KeyError` without it."""
    lines = (PROJECT / page).read_text("utf-8").splitlines()
    if f"## {title}" not in lines:
        raise KeyError(f"{page} has no section {title}")
    entry: list[str] = []
    for line in (*lines[lines.index(f"## {title}") + 1 :], "## "):
        if entry and (not line.strip() or line.startswith("## ") or _BULLET.match(line)):
            yield _as_plain(" ".join(entry))
            entry = []
        if line.startswith("## "):
            return
        if line.strip():
            entry.append(_BULLET.sub("", line).strip())


def _as_plain(markdown: str) -> str:
    return _MARK.sub("", _LINK.sub(r"\1", markdown))


def as_text() -> str:
    """Return the content of the file."""
    return json.dumps(as_statements(), indent=1, ensure_ascii=False) + "\n"


def main(args: Sequence[str]) -> int:
    """Write the statements, or return 1 if the file is not current."""
    if "--write" in args:
        DATA.write_text(as_text(), "utf-8")
        return 0
    return int(not DATA.exists() or DATA.read_text("utf-8") != as_text())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
