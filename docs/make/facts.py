"""The page of facts: every fact of a criterion, with unit, codes and the criteria that use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docs.make.markdown import code, codes, plain, sentence, table, target
from docs.make.trials import read_every_trial
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import Fact, FactKind
from fl_planner.trials.facts.quantities import QUANTITIES

HEAD = """\
# Facts

This page lists patient facts under the names used in criteria and results. Each numerical fact has
one unit, which is part of its name and is shown here with its UCUM code (`a` is years, `d` days,
`mo` months). A fact that is not given is *unknown*, never zero and never "no".

In `[facts]` of a case file or in FACTS.json, enter yes/no facts, codes and counts under these
names. Enter quantities under the shorter names in the last table, with a unit of your choice. For a
previous embolisation, enter yes, no, or its kind and date: `prior_pve_hve = { kind = "PVE/HVE",
date = 2026-04-20 }`.

Consent, prohibitive comorbidity and suitability are answered separately for each trial: *no*
applies to every trial, and for *yes*, list the ids of the trials concerned. Facts that are
derived from other facts are not requested.
"""
TYPED = """\
## Facts entered with a unit

`haemoglobin = { value = 13.1, unit = "g/dL" }`. A unit is required and never guessed.
"""
TITLES = {
    FactKind.NUMBER: "Numbers",
    FactKind.WHOLE: "Counts and scores",
    FactKind.YES_NO: "Yes or no",
    FactKind.CODE: "One code",
    FactKind.CODES: "Several codes",
    FactKind.TRIALS: "Lists of trials",
}


def as_pages() -> dict[str, str]:
    """Make the page."""
    asked = _asked()
    lines = [HEAD]
    for kind, title in TITLES.items():
        lines += ["", f"## {title}"]
        for name, fact in FACTS.items():
            if fact.kind is kind:
                lines += _fact(name, fact, asked.get(name, ()))
    lines += ["", TYPED, *table(("name", "units", "fact in which it is stored"), _typed())]
    return {"reference/facts.md": "\n".join(lines) + "\n"}


def _fact(name: str, fact: Fact, asked: Iterable[str]) -> Iterator[str]:
    yield ""
    yield target(f"fact-{name}")
    told = [plain(sentence(fact.meaning)), plain(sentence(_can_be(fact)))]
    if fact.codes:
        told.append(f"One of {codes(fact.codes)}.")
    links = sorted(set(asked))
    told.append(
        f"Used by {', '.join(links)}." if links else "Not used by any criterion of a bundled trial."
    )
    yield f"### {code(name)}"
    yield ""
    yield " ".join(told)


def _can_be(fact: Fact) -> str:
    unit = fact.unit if fact.unit not in ("", "1") else ""
    within = f", {fact.range}" if fact.range else " in" if unit else ""
    return f"{fact.kind.value}{within} {unit}".rstrip()


def _asked() -> dict[str, list[str]]:
    """List the criteria that use each fact, as links."""
    found: dict[str, list[str]] = {}
    for name, trial in read_every_trial().items():
        for criterion in trial.criteria:
            link = f"[{plain(trial.name)} {criterion.id}](#{name}-{criterion.id.lower()})"
            for fact in _facts_of(criterion):
                found.setdefault(fact, []).append(link)
        for background in trial.background:
            link = f"[the background of {plain(trial.name)}](#trial-{name})"
            for one in background.when.compared({}):
                found.setdefault(one.fact, []).append(link)
    return found


def _facts_of(criterion: Criterion) -> set[str]:
    conditions = [part.when for part in criterion.parts]
    conditions += [criterion.data_when] if criterion.data_when else []
    return {one.fact for condition in conditions for one in condition.compared({})}


def _typed() -> Iterator[tuple[str, str, str]]:
    for name, quantity in QUANTITIES.items():
        facts = [one for one in (quantity.fact, quantity.ratio) if one]
        linked = ", ".join(
            f"[{code(one)}](#fact-{one})" if one in FACTS else code(one) for one in facts
        )
        yield code(name), codes(quantity.units), linked
