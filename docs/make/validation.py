"""The validation page, made from the figures of `python -m benchmarks.validation`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.make.markdown import code, plain, sentence, table
from fl_planner.basis.version import __version__

PROJECT = Path(__file__).resolve().parents[2]
FIGURES = PROJECT / "docs" / "validation.json"
COMMAND = "python -m benchmarks.validation"
HEAD = f"""\
# Validation

This page compares the program with independent references. No figure on this page was entered
manually: all are produced by one command, `{COMMAND}`, which records the date and the commit of
each part. Parts that are older than the program are marked. Formulas, phantom, scans, patients and
invalid inputs come from outside the project and were not produced by its code; the parts on
hazards, carried-over masks and speed are the project's own tests. Correct answers here do not show
that a boundary was drawn in the right place: see [What the program cannot
detect](what-this-cannot-see.md).
"""
NOT_RUN = f"""\
**This page has no figures, because the command was not run before the site was built.** Run the
command, and build the site again:

```text
{COMMAND}
python -m docs.make
```
"""


def as_pages() -> dict[str, str]:
    """Make the page, from the figures where there are some."""
    return {"validation.md": as_page(FIGURES)}


def as_page(figures: Path) -> str:
    """Make the page from a file of figures; without one, the page states this."""
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
    yield from table(("measurement", "result"), rows)
    yield ""
    if not part["holds"]:
        yield "**Requirements not met.** Last output:"
        yield ""
        yield from ("```text", *part["last_lines"], "```", "")
    yield _made(part)
    yield ""


def _made(part: dict[str, Any]) -> str:
    """State when and from what a part was made, and whether the program was changed since."""
    since = changes_since(part["commit"])
    same = part["version"] == __version__ or since == 0  # but for its number
    other = "" if same else f", which differs from this version ({__version__})"
    made = f"Produced by {code(part['command'])} on {part['date']}"
    return (
        f"{made}, with version {part['version']}{other}, commit {code(part['commit'])}: "
        f"{describe_age(part['commit'], since)}."
    )


def describe_age(commit: str, since: int | None) -> str:
    """Check whether figures are those of the program as it is.

    - `since`: how often the program was changed since that commit; None if unknown.

    Examples
    --------
    >>> describe_age("abc1234", 2)
    '**older than the program**, which has been changed 2 times since then'
    """
    if commit.endswith("+"):
        return "with uncommitted changes"
    if since is None:
        return "it is not known whether the program has been changed since then"
    if since == 0:
        return "the program has not been changed since then"
    times = "once" if since == 1 else f"{since} times"
    return f"**older than the program**, which has been changed {times} since then"


def changes_since(commit: str, project: Path = PROJECT) -> int | None:
    """Count the commits that changed the program since one; None if git does not know it.

    A change of the version number alone, as a release makes it, changes no figure; nor does one
    of the data of dossiers, which are generated from tests and pages.
    """
    apart = ("basis/version.py", "dossier/data")
    program = ("fl_planner", *(f":(exclude)fl_planner/{path}" for path in apart))
    asked = ["git", "rev-list", "--count", f"{commit}..HEAD", "--", *program]
    try:
        done = subprocess.run(asked, cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git: built from an archive
        return None
    return int(done.stdout) if done.returncode == 0 else None
