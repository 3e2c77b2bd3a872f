"""Page of terms and abbreviations, made from `docs/glossary.toml` and the program's constants."""

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

This page explains the terms and abbreviations used in the program, with their units and sources.
[Quantities](quantities.md) lists the formulas, and [Facts](facts.md) the units and codes of patient
data.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Term or abbreviation with its meaning, unit and source.

    - `calc`: formulas that compute it.
    - `word`: its name in `basis/standing_words.py`, if it is defined there.
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
    sections = tomllib.loads(ENTRIES.read_text("utf-8"))
    return {
        section["title"]: tuple(_entry(term, one) for term, one in section["terms"].items())
        for section in sections.values()
    }


def _entry(term: str, one: dict[str, object]) -> Entry:
    entry = Entry(term, **{**one, "calc": tuple(one.get("calc", ()))})  # type: ignore[arg-type]
    if entry.word and getattr(words, entry.word) != term:
        text = getattr(words, entry.word)
        raise ValueError(f"{term!r} is not the text of {entry.word}: {text!r}")
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
