"""The page of quantities: each formula with its inputs, units, results, and where it is from."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from docs.make.markdown import code, codes, plain, sentence, table, target
from docs.make.rests_on import find_sources, find_tables, find_words, prose
from fl_planner.calculator.formula import Formula, Input, Kind, every_formula
from fl_planner.intake.documents.protocols import read_protocol

HEAD = """\
# Quantities and their formulas

Every quantity that the program computes has a name, and `fl-planner calc NAME` computes that
quantity alone. A range gives the possible values; a value outside it is refused, because its unit
is in doubt. *Required* inputs are needed for an answer. If an input that is not required is
missing, the results that depend on it are unknown.

"How it is computed" gives the formula, unit and source, as documented in the functions of the
program. Terms and abbreviations are in the [glossary](glossary.md).
"""


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD]
    homes: dict[str, list[Formula]] = {}
    for formula in every_formula():
        homes.setdefault(formula.compute.__module__, []).append(formula)
    for formulas in homes.values():
        lines += ["", f"## {_title(formulas[0])}", ""]
        for formula in formulas:
            lines += [*_section(formula)]
    return {"reference/quantities.md": "\n".join(lines) + "\n"}


def _title(formula: Formula) -> str:
    """Name a room of formulas by the first line of its module."""
    first = prose(sys.modules[formula.compute.__module__].__doc__).partition("\n")[0]
    return plain(first.partition(": ")[0].partition(";")[0].rstrip("."))


def _section(formula: Formula) -> Iterator[str]:
    yield target(f"quantity-{formula.name}")
    yield f"### {code(f'calc {formula.name}')}"
    yield ""
    yield plain(sentence(formula.says))
    yield ""
    heads = ("input", "meaning", "unit", "possible values")
    yield from table(heads, (row for one in formula.inputs for row in _rows(one)))
    yield ""
    results = ((code(name), plain(sentence(says))) for name, says in formula.results.items())
    yield from table(("result", "meaning and unit"), results)
    yield ""
    ids = [read_protocol(role).id for role in formula.trials]
    if ids:
        linked = ", ".join(f"[{id_}](#trial-{id_.lower()})" for id_ in ids)
        yield f"The limits are those of {linked}."
        yield ""
    yield from _computed(formula)


def _rows(one: Input, within: str = "") -> Iterator[tuple[str, ...]]:
    name = f"{within}{one.name}"
    needed = "*Required.* " if one.required else ""
    says = f"{needed}{plain(sentence(one.says))}"
    yield code(name), says, plain(one.unit or ""), _can_be(one)
    for part in one.parts:
        yield from _rows(part, f"{name}[].")


def _can_be(one: Input) -> str:
    if one.words:
        return codes(one.words)
    if one.plausible is None:
        return one.kind.value
    kind = "" if one.kind is Kind.NUMBER else f"{one.kind.value}, "
    return f"{kind}{one.plausible.range}"


def _computed(formula: Formula) -> Iterator[str]:
    yield "**How it is computed**"
    yield ""
    for words in find_words(formula):
        named = f"{code(words.name)}: " if words.name else ""
        first, *more = words.says.split("\n\n")
        yield f"- {named}{plain(' '.join(first.split()))}"
        for paragraph in more:
            yield ""
            yield f"  {plain(' '.join(paragraph.split()))}"
    yield ""
    source = find_sources(formula)
    if source:
        yield f"Source: {plain(source)}."
        yield ""
    for found in find_tables(formula):
        rows = ((code(key), code(one.text), plain(one.population), plain(one.source))
                for key, one in found.items())  # fmt: skip
        yield from table(("formula", "as published", "fitted to", "source"), rows)
        yield ""
