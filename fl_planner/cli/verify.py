"""`fl-planner verify`: whether an output is still true, and what changed if it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.options import AS_JSON, QUIET, TRIALS, File, make_request, with_options
from fl_planner.cli.plan import INPUTS
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from fl_planner.basis.findings import Finding
    from fl_planner.intake._bytes import Limits
    from fl_planner.report.record import Record
    from fl_planner.screening.remake import Sources
    from fl_planner.screening.verify import Output

EXAMPLES = """\b
Examples:
  fl-planner verify fl-planner-demo/plan.json
  fl-planner verify plan.json case.toml --as-of 2026-12-20
  fl-planner verify trials.json facts.json --json
"""
USAGE = "usage.wrong"  # of the command line itself
OWN = ("liver", "flr", "resected", "tumour", "treated", "labelmap")  # options that name a liver


@click.command(epilog=EXAMPLES)
@click.argument("output", metavar="OUTPUT.json", type=File)
@click.argument("sources", metavar="[CASE.toml|FACTS.json|FILES]...", nargs=-1, type=File)
@with_options(*INPUTS, TRIALS, AS_JSON, QUIET)
def verify(
    output: Path, sources: tuple[Path, ...], trials: Path | None, as_json: bool, **given: Any
) -> None:
    """Say whether an output still holds, and name what changed if it does not.

    Looked at: its files, facts, protocols, version, and the time that passed (--as-of). Its
    files are looked for beside it, unless they are named. Give the options that it was made
    with. It ends with 0 also where it does not hold, and with 2 where nobody can say.
    """
    from fl_planner.intake._bytes import Limits
    from fl_planner.screening.remake import find_files, read_rules
    from fl_planner.screening.verify import as_verified, read_output
    from fl_planner.screening.verify import verify as compare

    limits = Limits.of_gib(given["size_limit"])
    made = read_output(output)
    _require_trials(made, trials)
    places = (*sources, *(source.parent for source in sources), output.parent)
    with showing("reading files", quiet=given["quiet"]):
        again, doubts, named = _remake(
            made, lambda: _sources(made, sources, places, given, trials), limits
        )
        begin_step("comparing files")
        on_disk = find_files(made.inputs, (*named, *places), limits)
    dated = given["as_of"] is not None
    verified = compare(made, again, read_rules(trials), on_disk, dated=dated)
    record = as_verified(replace(verified, findings=(*doubts, *verified.findings)))
    say(record, _shown, as_json=as_json)


def _sources(
    made: Output,
    sources: tuple[Path, ...],
    places: tuple[Path, ...],
    given: dict[str, Any],
    trials: Path | None,
) -> Sources:
    """Find what an output was made from: named, or beside it under the names that it holds."""
    from fl_planner.screening.remake import Sources

    def beside(role: str, ending: str) -> Path | None:
        named = (source for source in sources if source.suffix.lower() == ending)
        return next(named, None) or _held(made, role, places)

    case, facts = beside("case", ".toml"), given["facts"] or beside("facts", ".json")
    centre = given["centre"] or _held(made, "centre", places)
    as_of = given["as_of"].date() if given["as_of"] else None
    if made.kind == "trials":
        return Sources(None, case or facts, as_of, centre, trials)
    if case is None and not any(given[name] for name in OWN):
        return Sources()
    request = make_request(case, {**given, "facts": facts, "centre": centre})
    if made.kind == "volume" and not _held_role(made, "ct"):
        request = replace(request, ct=None)
    return Sources(request)


def _require_trials(made: Output, trials: Path | None) -> None:
    """Refuse an output that judged a hospital's own trials, where their folder is not given."""
    if trials is None and _held_role(made, "trial"):
        reason, remedy = "judged trials of a folder", "give that folder by --trials"
        raise InputRefused("verify.files_missing", made.name, reason, remedy)


def _held(made: Output, role: str, places: tuple[Path, ...]) -> Path | None:
    """Find the file of a role by the name that an output holds."""
    named = (place / one["file"] for one in made.inputs if one["role"] == role for place in places)
    return next((path for path in named if path.is_file()), None)


def _held_role(made: Output, role: str) -> bool:
    return any(one["role"] == role for one in made.inputs)


def _remake(
    made: Output, find: Callable[[], Sources], limits: Limits
) -> tuple[Record | None, tuple[Finding, ...], tuple[Path, ...]]:
    """Make an output again; where that is refused, say why, and compare hashes alone.

    Gives the files that its sources name, too.
    """
    from fl_planner.basis.findings import Finding, Severity
    from fl_planner.screening.remake import find_named, remake

    named: tuple[Path, ...] = ()
    try:
        sources = find()
        named = find_named(sources.request)
        return remake(made, sources, limits), (), named
    except InputRefused as refused:
        if refused.code == USAGE:
            raise
        message = f"{made.name} could not be made again: {refused}"
        code = "verify.not_remade"
        return None, (Finding(code, Severity.WARNING, message, made.name),), named


def _shown(record: dict[str, Any]) -> RenderableType:
    from fl_planner.report.log_table import verify_table

    return verify_table(record)
