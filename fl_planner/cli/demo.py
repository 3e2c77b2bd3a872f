"""`fl-planner demo`: a plan on a bundled case, in a fresh folder beside you."""

import click

from fl_planner.cli.options import PRINTED, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_lines, say_record, say_table
from fl_planner.cli.usage import headed_command


@headed_command()
@click.argument("case", type=click.Choice(["crlm", "hcc"]), default="crlm")
@with_options(*PRINTED)
def demo(case: str, as_json: bool, quiet: bool, verbose: bool) -> None:
    """Plan a bundled, invented case: metastases (crlm) or a large HCC (hcc).

    The case is copied into a new folder beside you, with its picture and plan.json; edit the
    copy and run `fl-planner plan` on it.
    """
    from fl_planner.workup.demo import plan_sample

    with showing("reading files", quiet=quiet):
        record, folder = plan_sample(case)
    if as_json:
        say_record(record)
        return
    from fl_planner.report.terminal.plan import plan_table

    say_table(plan_table, record, verbose=verbose)
    say_lines(
        [
            f"The picture: {folder.name}/plan.png    the record: {folder.name}/plan.json",
            f"Again, by yourself: fl-planner plan {folder.name}/case.toml",
        ]
    )
