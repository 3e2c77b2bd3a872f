"""`fl-planner calc`: one formula, its inputs as options or as one JSON object."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from fl_planner.basis.findings import InputRefused
from fl_planner.cli.options import AS_JSON, with_options
from fl_planner.cli.output import format_lines
from fl_planner.cli.usage import CommandGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fl_planner.calculator.formula import Formula, Input

MOST_BYTES = 1 << 20  # of inputs: a series of a thousand frames has some fifty thousand
EXAMPLES = """\b
Examples:
  fl-planner calc bsa --height-cm 180 --weight-kg 80
  fl-planner calc flr_bw --flr-ml 350 --weight-kg 70 --json
  fl-planner calc meld --json < meld.json
"""


class _Formulas(CommandGroup):
    """One command for each formula, made when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the formulas in the order of the catalogue."""
        from fl_planner.calculator.formula import every_formula

        return [one.name for one in every_formula()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Make the command of a formula; refused with the nearest right names."""
        from fl_planner.calculator.formula import find_formula

        return _command_of(find_formula(cmd_name))


@click.group(cls=_Formulas, invoke_without_command=True, epilog=EXAMPLES)
@click.option("--list", "listed", is_flag=True, help="List the formulas.")
@with_options(AS_JSON)
@click.pass_context
def calc(ctx: click.Context, listed: bool, as_json: bool) -> None:
    """Compute one formula, its inputs as options or as one JSON object on stdin.

    Where an option is given, stdin is not read. An input that is not given leaves unknown what
    follows from it.
    """
    if ctx.invoked_subcommand is not None:
        ctx.obj = as_json
    elif listed:
        from fl_planner.calculator.formula import every_formula

        _list(every_formula(), as_json=as_json)
    else:
        raise click.UsageError("name a formula; fl-planner calc --list shows them", ctx)


def _list(formulas: tuple[Formula, ...], *, as_json: bool) -> None:
    from fl_planner.record.declaration.part import as_json as written
    from fl_planner.workup.calc import as_list

    if as_json:
        click.echo(written(as_list(formulas)).encode())
        return
    for one in formulas:  # one line each, however narrow the terminal
        click.echo(f"{one.name:<25} {one.says}")


def _command_of(formula: Formula) -> click.Command:
    from fl_planner.calculator.formula import JSON_ONLY

    @click.pass_context
    def answer(ctx: click.Context, /, as_json: bool, **typed: tuple[str, ...]) -> None:
        given = _typed_once(formula, typed)
        _answer(formula, given or _read_stdin(formula), as_json=as_json or bool(ctx.obj))

    options: list[click.Parameter] = [
        _option_of(one) for one in formula.inputs if one.kind not in JSON_ONLY
    ]
    told = [f"  {_told_input(one)}" for one in formula.inputs if one.kind in JSON_ONLY]
    told = ["In the JSON object besides:", *told] if told else []
    results = [f"  {name}: {says}" for name, says in formula.results.items()]
    command = click.Command(
        formula.name,
        callback=answer,
        params=options,
        help=f"{formula.says[0].upper()}{formula.says[1:]}.",
        epilog="\b\n" + "\n".join([*told, "Results:", *results]),
    )
    return AS_JSON(command)


def _typed_once(formula: Formula, typed: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """Give what was typed; an option that is there twice is refused, as a key would be."""
    from fl_planner.calculator.parse import refuse_all

    refuse_all(formula, {name: "given twice" for name, all_ in typed.items() if len(all_) > 1})
    return {name: all_[0] for name, all_ in typed.items() if all_}


def _option_of(one: Input) -> click.Option:
    words = "|".join(one.words)
    kind = {"yes or no": "yes|no|unknown", "date": "YYYY-MM-DD"}.get(one.kind.value)
    metavar = words if 0 < len(words) < 40 else kind or one.unit or one.kind.value
    needed = " Needed." if one.required else ""
    text = f"{one.says[0].upper()}{one.says[1:]}{f', {one.unit}' if one.unit else ''}.{needed}"
    if words and metavar != words:
        text += f" One of {', '.join(one.words)}."
    return click.Option(
        [f"--{one.name.replace('_', '-')}", one.name],
        multiple=True,  # so that the second of two is not taken in silence
        metavar=metavar,
        help=text,
    )


def _told_input(one: Input) -> str:
    parts = f" with {', '.join(part.name for part in one.parts)}" if one.parts else ""
    unit = f", {one.unit}" if one.unit else ""
    return f"{one.name}: {one.says}{unit} ({one.kind.value}{parts})"


def _read_stdin(formula: Formula) -> Mapping[str, object]:
    """Read the one JSON object of inputs; at a terminal nobody is kept waiting for it."""
    from json import JSONDecodeError

    from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json

    stream: TextIO | None = sys.stdin  # None where it was closed
    content = b""
    if stream is not None and not stream.isatty():
        content = stream.buffer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _unreadable("more than 1 MiB")
    if not content.strip():
        names = ", ".join(one.name for one in formula.inputs)
        reason = "no option and no JSON object was given"
        raise InputRefused("calc.nothing", formula.name, reason, f"give {names}")
    try:
        table = parse_exact_json(content.decode("utf-8-sig"))
    except BeyondBoundsError as error:
        raise _unreadable(str(error)) from error
    except (UnicodeDecodeError, JSONDecodeError) as error:
        line = f" in line {error.lineno}" if isinstance(error, JSONDecodeError) else ""
        raise _unreadable(f"no JSON{line}") from error
    if not isinstance(table, Pairs):
        raise _unreadable("not one JSON object")
    return table


def _unreadable(reason: str) -> InputRefused:
    return InputRefused("calc.input", "stdin", reason, "give one JSON object of inputs")


def _answer(formula: Formula, table: Mapping[str, object], *, as_json: bool) -> None:
    from fl_planner.record.declaration.part import as_json as written
    from fl_planner.workup.calc import DIGITS, calculate, say_answer

    answer, without, record = calculate(formula, table)
    if as_json:
        click.echo(written(record, DIGITS).encode())
    else:
        format_lines(say_answer(formula, answer, without))
