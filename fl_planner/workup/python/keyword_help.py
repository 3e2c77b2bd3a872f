"""Docstrings of functions with an entry for each keyword."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from fl_planner.workup.python.keyword_texts import COMMON, OWN

OPTIONS = "options"  # entry that stands for all keywords
INDENT = "    "
Keyword = tuple[str, str, object]  # name, type, default


def explain_keywords(call: str, doc: str, keywords: Iterable[Keyword]) -> str:
    """Return a docstring whose entry `options` is followed by an entry for each keyword."""
    lines = inspect.cleandoc(doc).splitlines()
    end = lines.index(OPTIONS) + 1
    while end < len(lines) and lines[end].startswith(INDENT):
        end += 1
    entries = (line for keyword in keywords for line in _as_entry(call, keyword))
    return "\n".join([*lines[:end], *entries, *lines[end:]])


def _as_entry(call: str, keyword: Keyword) -> Iterator[str]:
    name, typed, default = keyword
    usual = "" if default in (None, (), False) else f", default {default!r}"
    yield f"{name} : {typed}{usual}"
    text = OWN.get(call, {}).get(name) or COMMON.get(name, "")
    yield from (f"{INDENT}{line}" for line in text.splitlines())
