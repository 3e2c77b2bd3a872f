"""Pages of the trials, made from their TOML: each criterion in words and as it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from docs.make.markdown import code, codes, contents, plain, sentence, table, target
from fl_planner.intake.documents.protocols import read_bundled, read_heads
from fl_planner.trials.condition import ALWAYS, Compare, Condition, Fresh, Group
from fl_planner.trials.criterion import Background, Criterion, Part, Trial
from fl_planner.trials.facts.facts import Value

HEAD = """\
# Trials

These pages list the criteria of each trial as this program interprets them. The registry entry
takes precedence; if it is unclear, the chosen interpretation is stated. The pages are generated
from the files that the program uses, so they always agree with its answers. [Your own
trial](../../adding-a-trial.md) is a file of the same kind.

Every criterion is answered *met*, *not met* or *unknown*; an exclusion that is met excludes the
patient.
"""
BY = {"imaging": "images", "facts": "patient facts", "human": "clinical judgement"}
CHANGES = {
    "can_change": "yes",
    "on_date": "yes, on a certain date, through the passage of time alone",
    "permanent": "no",
}
WORDS = {
    "less_than": "below",
    "at_most": "at most",
    "more_than": "above",
    "at_least": "at least",
    "equals": "is",
    "one_of": "is one of",
    "include": "include",
    "only": "contain only",
}
RULES = {
    "all": "all of",
    "any": "any of",
    "none": "none of",
    "readings": "the answer common to all of these interpretations of the text; otherwise unknown",
    "sources": "the answer common to all sources in the following list that are known",
    "first_known": "the first of the following that is known",
    "once": "all of the following; the others are considered only if the first is met",
}


def read_every_trial() -> dict[str, Trial]:
    """Read all bundled trials, by their id in small letters."""
    trials = {trial.id.lower(): trial for trial in map(read_bundled, read_heads())}
    return dict(sorted(trials.items()))


def as_pages() -> dict[str, str]:
    """Make a page for each trial, and one that lists them."""
    trials = read_every_trial()
    rows = [
        (f"[{trial.id}](#trial-{name})", plain(trial.name), trial.diagnosis.upper(),
         str(len(trial.criteria)))
        for name, trial in trials.items()
    ]  # fmt: skip
    heads = ("registry number", "name in this program", "cancer", "criteria")
    lines = [HEAD, *table(heads, rows), "", *contents(trials)]
    pages = {
        f"reference/trials/{name}.md": "\n".join(_page(name, trial)) + "\n"
        for name, trial in trials.items()
    }
    return {"reference/trials/index.md": "\n".join(lines) + "\n", **pages}


def _page(name: str, trial: Trial) -> Iterator[str]:
    yield target(f"trial-{name}")
    yield f"# {plain(trial.name)} ({trial.id})"
    yield ""
    yield f"Source: {plain(trial.source)}."
    yield ""
    yield from (f"- {plain(sentence(note))}" for note in trial.notes)
    if not trial.criteria:
        yield ""
        yield (
            "The criteria of this trial are not assessed; only its limits are used (background "
            "limits)."
        )
    for kind, title in (("inclusion", "Inclusion"), ("exclusion", "Exclusion")):
        found = [criterion for criterion in trial.criteria if criterion.kind == kind]
        if found:
            yield from ("", f"## {title} criteria of {plain(trial.name)}", "")
        for criterion in found:
            yield from _criterion(name, trial, criterion)
    if trial.background:
        head = f"## Background of {plain(trial.name)}"
        yield from ("", head, "", "Shown in addition to the answers, not part of any answer.", "")
        for background in trial.background:
            yield from _background(background)


def _criterion(name: str, trial: Trial, criterion: Criterion) -> Iterator[str]:
    yield target(f"{name}-{criterion.id.lower()}")
    yield f"### {plain(trial.name)}, {criterion.id}"
    yield ""
    yield plain(sentence(criterion.says))
    yield ""
    rows = [
        ("Source", plain(criterion.source)),
        ("Answered from", ", ".join(BY[one] for one in criterion.by)),
        ("Can be answered by", f"{criterion.asked_of}"),
        ("Can the answer change?", CHANGES[criterion.changes]),
    ]
    rows += [("Interpretation", plain(sentence(criterion.reading)))] if criterion.reading else []
    rows += [("Note", plain(sentence(criterion.note)))] if criterion.note else []
    rows += [("Also required", codes(criterion.data))] if criterion.data else []
    yield from table(("property", "value"), rows)
    yield ""
    for part in criterion.parts:
        yield from _part(part, single=len(criterion.parts) == 1)
    if criterion.data_when is not None:
        yield "The recorded facts must also satisfy:"
        yield ""
        yield from _condition(criterion.data_when)
        yield ""
    if criterion.beside is not None:
        yield f"Also shown ({code(criterion.beside.code)}): {plain(criterion.beside.says)}."
        yield ""


def _part(part: Part, *, single: bool) -> Iterator[str]:
    yield "Met if:" if single else f"Part *{plain(part.name)}*, met if:"
    yield ""
    yield from _condition(part.when)
    yield ""


def _background(background: Background) -> Iterator[str]:
    yield f"**{plain(background.name)}**: {plain(sentence(background.says))}"
    yield f"Source: {plain(background.source)}."
    yield ""
    yield from _condition(background.when)
    yield ""


def _condition(condition: Condition, indent: str = "") -> Iterator[str]:
    """Describe a condition as a list of comparisons, one below the other."""
    if isinstance(condition, Group):
        if condition == ALWAYS:
            yield f"{indent}- always"
            return
        yield f"{indent}- {RULES[condition.rule]}"
        for part in condition.parts:
            yield from _condition(part, f"{indent}  ")
    elif isinstance(condition, Fresh):
        age = format_comparison(condition.age)
        yield f"{indent}- each recorded value of {codes(condition.values)}: {age}"
    else:
        yield f"{indent}- {format_comparison(condition)}"


def format_comparison(one: Compare) -> str:
    """Describe one comparison, its fact linked to what it means.

    Examples
    --------
    >>> format_comparison(Compare("flr_fraction", "less_than", Fraction(3, 10)))
    '[`flr_fraction`](#fact-flr_fraction) below 0.3'
    """
    fact = f"[{code(one.fact)}](#fact-{one.fact})"
    if one.word in ("is_true", "is_false"):
        said = "yes" if one.word == "is_true" else "no"
    else:
        said = f"{WORDS[one.word]} {_value(one.wanted)}"
    joined = f"{fact} is {said}" if said in ("yes", "no") else f"{fact} {said}"
    if one.unknown_if:
        joined += f" (unknown if {_value(tuple(map(str, one.unknown_if)))})"
    return joined


def _value(value: Value) -> str:
    if isinstance(value, Fraction):
        return exact(value)
    return codes(value) if isinstance(value, tuple) else code(str(value))


def exact(number: Fraction) -> str:
    """Write a fraction as the decimal that it was typed as; one that has none as a fraction.

    Examples
    --------
    >>> exact(Fraction(3, 10)), exact(Fraction(90)), exact(Fraction(1, 3))
    ('0.3', '90', '1/3')
    """
    decimal = Decimal(number.numerator) / Decimal(number.denominator)
    if Fraction(decimal) != number:
        return str(number)
    return f"{decimal.normalize():f}"
