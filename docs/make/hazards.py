"""The page of what can go wrong, made from the register of hazards."""

from __future__ import annotations

from docs.make.markdown import plain, sentence
from tests.hazards.register import read_controls, read_hazards

HEAD = """\
# What can go wrong

The program must never give a plausible but wrong number. This page lists the known causes of such
numbers and the control for each. A check switches off each control in turn and requires that its
tests fail; [the register](hazards.md) lists all controls.

Each finding has a code: [Codes](codes.md) lists its cause and remedy.
[What the program cannot detect](what-this-cannot-see.md) lists errors that files do not reveal.
"""


def as_pages() -> dict[str, str]:
    """Make the page."""
    controls = read_controls()
    lines = [HEAD]
    for hazard in read_hazards():
        held = sum(hazard.id in control.hazards for control in controls)
        lines += ["", f"## {hazard.id}: {plain(hazard.name)}", "", plain(sentence(hazard.held)), ""]
        lines += [f"Number of controls: {held}." if held else "No control yet."]
    return {"what-can-go-wrong.md": "\n".join(lines) + "\n"}
