"""The page of pathways and routes: each row of both tables, and what it says."""

from __future__ import annotations

from docs.make.markdown import code, plain, sentence, table
from docs.make.trials import read_every_trial
from fl_planner.planning.pathway.headlines import HEADLINES
from fl_planner.planning.pathway.rows import Row
from fl_planner.planning.pathway.states import DiagnosisState
from fl_planner.planning.route.rows import ROWS, RouteRow
from fl_planner.planning.route.words import HEADLINES as ROUTE_HEADLINES
from fl_planner.planning.route.words import MORE

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
centre file says; without such a file each trial counts as open.
"""
GROUPS = {
    None: "any",
    DiagnosisState.OPEN: "not known",
    DiagnosisState.NEITHER: "neither",
    DiagnosisState.CRLM: "CRLM",
    DiagnosisState.HCC: "HCC",
}


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD, "## Pathways, by volume", ""]
    by_volume = ((row.name, code(row.value), plain(sentence(HEADLINES[row]))) for row in Row)
    lines += table(("row", "code", "what it says"), by_volume)
    lines += ["", "## Routes, by all that is known", ROUTES]
    heads = ("row", "diagnosis", "code", "what it says")
    names = {trial.short: f"{trial.name} ({trial.id})" for trial in read_every_trial().values()}
    lines += table(heads, (_cells(row, names) for row in ROWS))
    return {"reference/pathways.md": "\n".join(lines) + "\n"}


def _cells(row: RouteRow, names: dict[str, str]) -> tuple[str, str, str, str]:
    """Set a row of the table of routes; `names` are those of the trials, by their short ones."""
    if row.trial is None:
        says = ROUTE_HEADLINES[row.name]
    else:
        says = f"eligible, or potentially so, for {names[row.trial]}{MORE.get(row.name, '')}"
    return row.name, GROUPS[row.diagnosis], code(row.route), plain(sentence(says))
