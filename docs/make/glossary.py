"""The page of words and abbreviations, made from `docs/glossary.toml` and the program's own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.make.markdown import code, plain, sentence
from fl_planner.basis import standing_words as words

ENTRIES = Path(__file__).resolve().parents[1] / "glossary.toml"
HEAD = """\
# Glossary

What the program's words and abbreviations mean, with unit and source. Formulas stand with the
[quantities](quantities.md), units and codes of what can be known of a patient with the
[facts](facts.md).
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or abbreviation, what it stands for, and what else is known of it.

    - `calc`: formulas that compute it.
    - `word`: its name among the words of the field, where it is one of those.
    """

    term: str
    says: str
    means: str = ""
    unit: str = ""
    source: str = ""
    calc: tuple[str, ...] = ()
    word: str = ""


def read_glossary() -> dict[str, tuple[Entry, ...]]:
    """Read the entries, by the titles of their sections."""
    told = tomllib.loads(ENTRIES.read_text("utf-8"))
    return {
        section["title"]: tuple(_entry(term, one) for term, one in section["terms"].items())
        for section in told.values()
    }


def _entry(term: str, one: dict[str, object]) -> Entry:
    entry = Entry(term, **{**one, "calc": tuple(one.get("calc", ()))})  # type: ignore[arg-type]
    if entry.word and getattr(words, entry.word) != term:
        raise ValueError(f"{term!r} is not what {entry.word} says: {getattr(words, entry.word)!r}")
    return entry


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD]
    for title, entries in read_glossary().items():
        lines += [f"## {plain(title)}", "", "```{glossary}"]
        lines += [line for one in entries for line in _lines(one)]
        lines += ["```", ""]
    return {"reference/glossary.md": "\n".join(lines) + "\n"}


def _lines(one: Entry) -> Iterator[str]:
    yield one.term
    yield "  " + " ".join(plain(sentence(text)) for text in (one.says, one.means) if text)
    known = [f"Unit: {plain(one.unit)}."] if one.unit else []
    known += [f"Source: {plain(one.source)}."] if one.source else []
    if one.calc:
        linked = ", ".join(f"[{code(f'calc {name}')}](#quantity-{name})" for name in one.calc)
        known.append(f"Computed by {linked}.")
    if known:
        yield ""
        yield f"  {' '.join(known)}"
    yield ""
