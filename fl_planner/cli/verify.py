"""`fl-planner verify`: whether an output is still true, and what changed if it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.dose import NUMBERS
from fl_planner.cli.function import STUDY
from fl_planner.cli.options import AS_JSON, QUIET, TRIALS, File, with_options
from fl_planner.cli.plan import INPUTS
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say
from fl_planner.cli.sources import find_sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from fl_planner.basis.findings import Finding
    from fl_planner.formats.stored.file import Limits
    from fl_planner.record.base import Record
    from fl_planner.workup.output import Output
    from fl_planner.workup.remake import Sources

EXAMPLES = """\b
Examples:
  fl-planner verify fl-planner-demo/plan.json
  fl-planner verify plan.json case.toml --as-of 2026-12-20
  fl-planner verify trials.json facts.json --json
  fl-planner verify growth.json before.toml after.toml
"""
USAGE = "usage.wrong"  # of the command line itself


@click.command(epilog=EXAMPLES)
@click.argument("output", metavar="OUTPUT.json", type=File)
@click.argument("sources", metavar="[CASE.toml|FACTS.json|FILES]...", nargs=-1, type=File)
@with_options(*INPUTS, *STUDY, *NUMBERS, TRIALS, AS_JSON, QUIET)
def verify(
    output: Path, sources: tuple[Path, ...], trials: Path | None, as_json: bool, **given: Any
) -> None:
    """Say whether an output still holds, and name what changed if it does not.

    Looked at: its files, facts, protocols, version, and the time that passed (--as-of). Its
    files are looked for beside it, unless they are named. Give the options that it was made
    with. It ends with 0 also where it does not hold, and with 2 where nobody can say.
    """
    from fl_planner.formats.stored.file import Limits
    from fl_planner.screening.verify import as_verified
    from fl_planner.screening.verify import verify as compare
    from fl_planner.workup.output import read_output
    from fl_planner.workup.remake import find_files, read_rules

    limits = Limits.of_gib(given["size_limit"])
    made = read_output(output)
    _require_trials(made, trials)
    places = (*sources, *(source.parent for source in sources), output.parent)
    with showing("reading files", quiet=given["quiet"]):
        again, doubts, named = _remake(
            made, lambda: find_sources(made, sources, places, given, trials), limits
        )
        begin_step("comparing files")
        on_disk = find_files(made.inputs, (*named, *places), limits)
    dated = given["as_of"] is not None
    verified = compare(made, again, read_rules(trials), on_disk, dated=dated)
    record = as_verified(replace(verified, findings=(*doubts, *verified.findings)))
    say(record, _shown, as_json=as_json)


def _require_trials(made: Output, trials: Path | None) -> None:
    """Refuse an output that judged a hospital's own trials, where their folder is not given."""
    if trials is None and _held_role(made, "trial"):
        reason, remedy = "judged trials of a folder", "give that folder by --trials"
        raise InputRefused("verify.files_missing", made.name, reason, remedy)


def _held_role(made: Output, role: str) -> bool:
    return any(one["role"] == role for one in made.inputs)


def _remake(
    made: Output, find: Callable[[], Sources], limits: Limits
) -> tuple[Record | None, tuple[Finding, ...], tuple[Path, ...]]:
    """Make an output again; where that is refused, say why, and compare hashes alone.

    Gives the files that its sources name, too.
    """
    from fl_planner.basis.findings import Finding, Severity
    from fl_planner.intake.request.file_names import find_named
    from fl_planner.workup.remake import remake

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
    from fl_planner.report.terminal.log import verify_table

    return verify_table(record)
