"""`fl-planner calc`: one formula, with inputs as options or as one JSON object."""

from __future__ import annotations

import sys
from json import JSONDecodeError
from typing import TYPE_CHECKING, TextIO

import click

from fl_planner.basis.findings import InputRefused
from fl_planner.cli.help_layout import CommandGroup
from fl_planner.cli.options import AS_JSON, with_options
from fl_planner.cli.output import print_lines, print_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fl_planner.calculator.formula import Formula, Input

MOST_BYTES = 1 << 20  # a dynamic study of 1000 frames has about 50 000 bytes
EXAMPLES = """\b
Examples:
  fl-planner calc bsa --height-cm 180 --weight-kg 80
  fl-planner calc flr_bw --flr-ml 350 --weight-kg 70 --json
  fl-planner calc meld --json < meld.json
"""


class _Formulas(CommandGroup):
    """One command per formula, created on request."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the formulas in the order of the catalogue."""
        from fl_planner.calculator.formula import every_formula

        return [formula.name for formula in every_formula()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Create the command of a formula; an unknown name is refused with similar names."""
        from fl_planner.calculator.formula import find_formula

        return _command_of(find_formula(cmd_name))


@click.group(cls=_Formulas, invoke_without_command=True, epilog=EXAMPLES)
@click.option("--list", "listed", is_flag=True, help="List the formulas.")
@with_options(AS_JSON)
@click.pass_context
def calc(ctx: click.Context, listed: bool, as_json: bool) -> None:
    """Compute one formula, with inputs as options or as one JSON object on stdin.

    If an option is given, stdin is not read. Results that depend on a missing input are unknown.
    """
    if ctx.invoked_subcommand is not None:
        ctx.obj = as_json
    elif listed:
        from fl_planner.calculator.formula import every_formula

        _list(every_formula(), as_json=as_json)
    else:
        raise click.UsageError(
            "no formula was given; fl-planner calc --list shows all formulas", ctx
        )


def _list(formulas: tuple[Formula, ...], *, as_json: bool) -> None:
    from fl_planner.workup.calc import as_list

    if as_json:
        print_record(as_list(formulas))
        return
    for formula in formulas:  # one line each, however narrow the terminal
        click.echo(f"{formula.name:<25} {formula.says}")


def _command_of(formula: Formula) -> click.Command:
    from fl_planner.calculator.formula import JSON_ONLY

    @click.pass_context
    def answer(ctx: click.Context, /, as_json: bool, **entered: tuple[str, ...]) -> None:
        given = _read_entered(formula, entered)
        _answer(formula, given or _read_stdin(formula), as_json=as_json or bool(ctx.obj))

    options: list[click.Parameter] = [
        _option_of(item) for item in formula.inputs if item.kind not in JSON_ONLY
    ]
    json_only = [f"  {_describe_input(item)}" for item in formula.inputs if item.kind in JSON_ONLY]
    json_only = ["In the JSON object only:", *json_only] if json_only else []
    results = [f"  {name}: {says}" for name, says in formula.results.items()]
    command = click.Command(
        formula.name,
        callback=answer,
        params=options,
        help=f"{formula.says[:1].upper()}{formula.says[1:]}.",
        epilog="\b\n" + "\n".join([*json_only, "Results:", *results]),
    )
    return AS_JSON(command)


def _read_entered(formula: Formula, entered: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """Return the entered values; a repeated option is refused, like a repeated key."""
    from fl_planner.calculator.parse import refuse_all

    refuse_all(formula, {name: "given twice" for name, all_ in entered.items() if len(all_) > 1})
    return {name: all_[0] for name, all_ in entered.items() if all_}


def _option_of(item: Input) -> click.Option:
    words = "|".join(item.words)
    kind = {"yes or no": "yes|no|unknown", "date": "YYYY-MM-DD"}.get(item.kind.value)
    metavar = words if 0 < len(words) < 40 else kind or item.unit or item.kind.value
    needed = " Required." if item.required else ""
    text = f"{item.says[0].upper()}{item.says[1:]}{f', {item.unit}' if item.unit else ''}.{needed}"
    if words and metavar != words:
        text += f" One of {', '.join(item.words)}."
    return click.Option(
        [f"--{item.name.replace('_', '-')}", item.name],
        multiple=True,  # so that a repeated option is detected
        metavar=metavar,
        help=text,
    )


def _describe_input(item: Input) -> str:
    parts = f" with {', '.join(part.name for part in item.parts)}" if item.parts else ""
    unit = f", {item.unit}" if item.unit else ""
    return f"{item.name}: {item.says}{unit} ({item.kind.value}{parts})"


def _read_stdin(formula: Formula) -> Mapping[str, object]:
    """Read one JSON object of inputs from stdin, unless that is a terminal."""
    from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json

    stream: TextIO | None = sys.stdin  # None where it was closed
    content = b""
    if stream is not None and not stream.isatty():
        content = stream.buffer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _unreadable("the input is larger than 1 MiB")
    if not content.strip():
        names = ", ".join(item.name for item in formula.inputs)
        reason = "neither an option nor a JSON object was given"
        raise InputRefused("calc.nothing", formula.name, reason, f"give {names}")
    try:
        table = parse_exact_json(content.decode("utf-8-sig"))
    except BeyondBoundsError as error:
        raise _unreadable(str(error)) from error
    except (UnicodeDecodeError, JSONDecodeError) as error:
        where = " in UTF-8"  # a pipe may write UTF-16, with or without a byte-order mark
        if isinstance(error, JSONDecodeError) and b"\0" not in content:
            where = f" on line {error.lineno}"
        raise _unreadable(f"the input is not JSON{where}") from error
    if not isinstance(table, Pairs):
        raise _unreadable("the input is not a single JSON object")
    return table


def _unreadable(reason: str) -> InputRefused:
    remedy = "give one JSON object with the inputs, in UTF-8"
    return InputRefused("calc.input", "stdin", reason, remedy)


def _answer(formula: Formula, table: Mapping[str, object], *, as_json: bool) -> None:
    from fl_planner.record.declaration.part import as_json as written
    from fl_planner.workup.calc import DIGITS, calculate, describe_answer

    answer, without, record = calculate(formula, table)
    if as_json:
        click.echo(written(record, DIGITS).encode())
    else:
        print_lines(describe_answer(formula, answer, without))
