"""`fl-planner schema`: what each record holds, as JSON Schema; the codebook of the CSV row."""

from pathlib import Path

import click
from click.core import ParameterSource

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import AS_JSON, TRIALS, with_options
from fl_planner.cli.say import say_lines, say_record, say_text
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner schema
  fl-planner schema plan > plan.schema.json
  fl-planner schema codebook > codebook.csv
  fl-planner schema codebook --trials our-trials
"""
CODEBOOK = "codebook"


@headed_command(epilog=EXAMPLES)
@click.argument("name", required=False)
@with_options(TRIALS, AS_JSON)
def schema(name: str | None, trials: Path | None, as_json: bool) -> None:
    """Print the JSON Schema (draft 2020-12) of a record; without a name, list them.

    `codebook` prints, as CSV, what each column of `plan --csv` means; with --trials those of
    your own trials too.
    """
    from fl_planner.record.schema.schema import as_schema_list
    from fl_planner.workup.schema import describe_record

    asked = click.get_current_context().get_parameter_source("trials")
    if name != CODEBOOK and asked is ParameterSource.COMMANDLINE:
        reason = "is about the columns of own trials"
        raise InputRefused("usage.wrong", "--trials", reason, f"give it with {CODEBOOK}")
    if name == CODEBOOK:
        from fl_planner.export.plan_row import as_codebook

        say_text(as_codebook(() if trials is None else _list_own(trials)))
    elif name is not None:
        say_record(describe_record(name))
    elif as_json:
        say_record(as_schema_list())
    else:
        lines = [f"{one.name:<12}{one.says}" for one in as_schema_list().schemas]
        say_lines([*lines, f"{CODEBOOK:<12}The columns of plan --csv, as CSV."])


def _list_own(trials: Path) -> list[str]:
    from fl_planner.workup.many.plans import list_own  # large

    return list_own(trials)
