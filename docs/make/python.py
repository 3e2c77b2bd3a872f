"""The page of the Python names, made from their signatures and docstrings."""

from __future__ import annotations

import inspect

import fl_planner
from docs.make.markdown import block, code, plain, target

HEAD = """\
# From Python

The names that stay: `from fl_planner import ...`. Everything else may move between versions.
"""


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD]
    for name in fl_planner.__all__:
        found = getattr(fl_planner, name)
        first, _, rest = inspect.cleandoc(found.__doc__).partition("\n\n")
        lines += ["", target(f"python-{name}"), f"## {code(name)}", ""]
        lines += [*block(f"{name}{inspect.signature(found)}", "python"), "", plain(first), ""]
        lines += block(rest) if rest else []
    return {"reference/python.md": "\n".join(lines) + "\n"}
