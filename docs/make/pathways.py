"""The page of pathways and routes: each row of both tables with its text."""

from __future__ import annotations

from msgspec import structs

from docs.make.markdown import code, plain, sentence, table
from docs.make.trials import read_every_trial
from fl_planner.basis.shown import as_plain
from fl_planner.intake.documents.protocols import read_protocols, read_route_rows
from fl_planner.planning.volume_pathway.pathway_rows import ROWS, PathwayRow, describe_row
from fl_planner.planning.volume_pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    Protocols,
    list_possible,
    name_source,
)
from fl_planner.trials.condition import RouteRow

HEAD = """\
# Pathways and routes

A plan gives two answers. The **pathway** depends only on volume and diagnosis. The **route**
depends on all recorded facts about the patient, on the trials, and on where these are recruiting.
Each answer is the first row of its table whose condition is met, followed by the number of that
row: `(V13)`, `(C10)`.

*Borderline* after a pathway means that, with a probability of 20 % or more, another reading of the
masks would be on the other side of a limit. [How precisely a share is known](../uncertainty.md)
gives the method.

*The applicable limit* is stated in an answer with its value and source: {limits}. In each
answer, the patient's data replace the words in square brackets.
"""
ROUTES = """
A route to a trial is given only if the patient is potentially eligible and the trial is recruiting
here, according to the centre file. Without a centre file, every trial is assumed to be recruiting.
"""
GROUPS = {
    None: "any",
    "undecided": "undecided",
    "neither": "neither",
    "crlm": "CRLM",
    "hcc": "HCC",
}


LIMIT = "the applicable limit"
_NAMED = {  # parts of an answer that depend on the patient
    "against_trial": "",
    "against": "[recorded risk, or day after the embolisation]",
    "lesions": "lesions left in the FLR",
    "limit": LIMIT,
    "by_function": f"limit reached by function, volume below {LIMIT}",
    "function_exceeds": "function exceeds its limit",
    "flr_side": f"FLR below {LIMIT}, or limit reached by function",
    "grown": "FLR augmentation or radioembolisation",
    "scan_of_day": "scan on day [n] after the embolisation",
    "why_none": "[reason]",
}


def as_pages() -> dict[str, str]:
    """Make the page."""
    protocols = read_protocols()
    limits = "; ".join(_format_limits(protocols, one) for one in ONE_CANCER)
    lines = [HEAD.replace("{limits}", limits), "## Volume-based pathways", ""]
    by_volume = (
        (row.name, code(row.pathway), plain(sentence(_format_row(row, protocols)))) for row in ROWS
    )
    lines += table(("row", "code", "headline"), by_volume)
    lines += ["", "## Routes based on all recorded facts", ROUTES]
    heads = ("row", "diagnosis", "code", "headline")
    names = {trial.short: trial.called for trial in read_every_trial().values()}
    lines += table(heads, (_cells(row, names) for row in read_route_rows()))
    return {"reference/pathways.md": "\n".join(lines) + "\n"}


def _format_row(row: PathwayRow, protocols: Protocols) -> str:
    """Describe a row of the table of pathways, of whatever cancer."""
    headline = row.headline.replace("{limit}", LIMIT)
    return describe_row(structs.replace(row, headline=headline), {}, protocols)


def _format_limits(protocols: Protocols, diagnosis: DiagnosisState) -> str:
    """State which limits on the FLR may apply to a cancer, and their trials."""
    possible = sorted(list_possible({}, protocols, diagnosis))
    *first, last = (as_plain(100 * limit) for limit in possible)
    source = name_source(protocols, diagnosis)
    return f"{GROUPS[diagnosis.value]} {', '.join(first)} or {last} % ({source})"


def _cells(row: RouteRow, names: dict[str, str]) -> tuple[str, str, str, str]:
    """Set a row of the table of routes; `names` are those of the trials, by their short ones."""
    named = {"trial": names.get(row.trial or ""), "undecided": ""}
    says = row.headline.format(eligible="potentially eligible", **_NAMED, **named)
    return row.name, GROUPS[row.diagnosis], code(row.route), plain(sentence(says))
