"""The validation page, made from the figures that `python -m benchmarks.validation` left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.make.markdown import code, plain, sentence, table
from fl_planner.basis.version import __version__

FIGURES = Path(__file__).resolve().parents[2] / "build" / "validation.json"
COMMAND = "python -m benchmarks.validation"
HEAD = f"""\
# Validation

What this program was held against, and how it stood. No figure on this page is typed: all of them
are made by one command, `{COMMAND}`. Formulas, phantom, scans, patients and bad inputs lie beside
the project and were not made by its code; hazards and speed are its own tests. What is answered
rightly here says nothing about a boundary that was drawn in the wrong place: see
[What no program can see](what-this-cannot-see.md).
"""
NOT_RUN = f"""\
**The command was not run where this site was built, so there are no figures here.** Run it, and
build the site again:

```text
{COMMAND}
python -m docs.make
```
"""


def as_pages() -> dict[str, str]:
    """Make the page, from the figures where there are some."""
    return {"validation.md": as_page(FIGURES)}


def as_page(figures: Path) -> str:
    """Make the page from a file of figures; where there is none it says so."""
    if not figures.exists():
        return f"{HEAD}\n{NOT_RUN}"
    parts: list[dict[str, Any]] = json.loads(figures.read_text("utf-8"))["parts"]
    return "\n".join([HEAD, *(line for part in parts for line in _part(part))]) + "\n"


def _part(part: dict[str, Any]) -> Iterator[str]:
    yield f"## {plain(part['title'])}"
    yield ""
    yield plain(sentence(part["says"]))
    yield ""
    if part["left_out"] is not None:
        yield f"**Not run**: {plain(part['left_out'])}."
        yield ""
        return
    rows = [(plain(one["what"]), plain(one["figure"])) for one in part["figures"]]
    yield from table(("what", "figure"), rows)
    yield ""
    if not part["holds"]:
        yield "**It did not hold.** What it said last:"
        yield ""
        yield from ("```text", *part["last_lines"], "```", "")
    other = "" if part["version"] == __version__ else f", which is not this one ({__version__})"
    made = f"Made by {code(part['command'])} on version {part['version']}{other}"
    yield f"{made}, commit {code(part['commit'])}."
    yield ""
