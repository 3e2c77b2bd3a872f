"""The page of pathways and routes: each row of both tables, and what it says."""

from __future__ import annotations

from docs.make.markdown import code, plain, sentence, table
from docs.make.trials import read_every_trial
from fl_planner.intake.documents.protocols import read_protocols, read_route_rows
from fl_planner.planning.pathway.situation import say_row
from fl_planner.planning.pathway.table import ROWS
from fl_planner.trials.condition import RouteRow

HEAD = """\
# Pathways and routes

A plan answers twice. The **pathway** rests on volume and diagnosis alone; the **route** on all that
is known of the patient, on the trials, and on where they recruit. Each is the first row of its
table that holds, and the number of that row stands behind the answer: `(V13)`, `(C10)`.

*Borderline* behind a pathway: another reading of the masks would fall on the other side of a limit
with a chance of 20 % or more. [How exactly a share is known](../uncertainty.md) tells how.
"""
ROUTES = """
A route into a trial is given only where the trial takes the patient and recruits here, as the
centre file says; without such a file every trial is taken to be recruiting.
"""
GROUPS = {
    None: "any",
    "undecided": "undecided",
    "neither": "neither",
    "crlm": "CRLM",
    "hcc": "HCC",
}


_NAMED = {"against": "the risk on file, or the embolisation", "lesions": "lesions left in it"}


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD, "## Pathways, by volume", ""]
    protocols = read_protocols()
    by_volume = (
        (row.name, code(row.pathway), plain(sentence(say_row(row, protocols)))) for row in ROWS
    )
    lines += table(("row", "code", "what it says"), by_volume)
    lines += ["", "## Routes, by all that is known", ROUTES]
    heads = ("row", "diagnosis", "code", "what it says")
    names = {trial.short: f"{trial.name} ({trial.id})" for trial in read_every_trial().values()}
    lines += table(heads, (_cells(row, names) for row in read_route_rows()))
    return {"reference/pathways.md": "\n".join(lines) + "\n"}


def _cells(row: RouteRow, names: dict[str, str]) -> tuple[str, str, str, str]:
    """Set a row of the table of routes; `names` are those of the trials, by their short ones."""
    named = {"trial": names.get(row.trial or ""), "undecided": ""}
    says = row.headline.format(eligible="potentially eligible", **_NAMED, **named)
    return row.name, GROUPS[row.diagnosis], code(row.route), plain(sentence(says))
