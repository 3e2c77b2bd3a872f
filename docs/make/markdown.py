"""Elements of Markdown used on generated pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`+[^`]*`+)")
_MARKS = re.compile(r"([\\*_<>\[\]|$#~])")


def plain(text: str) -> str:
    r"""Escape a text, except code in backticks.

    Examples
    --------
    >>> plain("10*9/L of `flr_ml`, a < b")
    '10\\*9/L of `flr_ml`, a \\< b'
    """
    pieces = _CODE.split(text)
    return "".join(
        piece if number % 2 else _MARKS.sub(r"\\\1", piece) for number, piece in enumerate(pieces)
    )


def code(text: str) -> str:
    """Set a name as code.

    Examples
    --------
    >>> code("flr_ml")
    '`flr_ml`'
    """
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    """Set names as code, with commas between."""
    return ", ".join(code(text) for text in texts)


def sentence(text: str) -> str:
    """Add a capital and a full stop; names with an underscore are not changed.

    Examples
    --------
    >>> sentence("body surface area"), sentence("vauthey_bsa if not given")
    ('Body surface area.', 'vauthey_bsa if not given.')
    """
    is_name = "_" in text.partition(" ")[0]
    whole = text if is_name else f"{text[:1].upper()}{text[1:]}"
    return whole if whole.endswith((".", "?", "!", ":")) else f"{whole}."


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Set a table; a cell is Markdown already, and stays in its own line and column."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def block(text: str, language: str = "text") -> list[str]:
    """Set lines as they are."""
    fence = "```" if "```" not in text else "````"
    return [f"{fence}{language}", text.rstrip("\n"), fence]


def target(name: str) -> str:
    """Label the next element, for links to `#name` from every page.

    Examples
    --------
    >>> target("command-plan")
    '(command-plan)='
    """
    return f"({name})="


def contents(names: Iterable[str], depth: int = 1) -> list[str]:
    """List the pages below a page."""
    return ["```{toctree}", f":maxdepth: {depth}", "", *names, "```"]
