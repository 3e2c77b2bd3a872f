"""The page of what can go wrong, made from the register of hazards."""

from __future__ import annotations

from docs.make.markdown import plain, sentence
from tests.hazards.register import read_controls, read_hazards

HEAD = """\
# What can go wrong

A wrong number that looks right is the one thing that this program must never give. These are the
ways to one that are known, and what stands against each. A check switches each control off in turn
and demands that its tests fail; [the register](hazards.md) lists them all.

What is told to you has a code: [the list of codes](codes.md) says what each means and what to do.
What cannot be determined from files is listed in [What the program cannot detect](what-this-cannot-see.md).
"""


def as_pages() -> dict[str, str]:
    """Make the page."""
    controls = read_controls()
    lines = [HEAD]
    for hazard in read_hazards():
        held = sum(hazard.id in control.hazards for control in controls)
        lines += ["", f"## {hazard.id}: {plain(hazard.name)}", "", plain(sentence(hazard.held)), ""]
        lines += [f"Controls that hold it: {held}." if held else "Nothing holds it yet."]
    return {"what-can-go-wrong.md": "\n".join(lines) + "\n"}
