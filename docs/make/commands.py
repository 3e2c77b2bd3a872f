"""Pages of the commands, made from their help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

import click

from docs.make.markdown import block, code, contents, plain, sentence, table, target
from fl_planner.cli import planner

HEAD = """\
# Commands

Each page shows what the command prints with `--help`. With the option `--json`, a command prints
exactly one object on stdout. [How to read the result](../../reading-the-result.md#exit-status)
lists the exit statuses.

If the work takes more than a second, a terminal shows a progress bar on stderr until the work is
completed. `--quiet` omits the bar, and the bar is never written to a file or a pipe. Ctrl-C leaves
no incomplete file.
"""
OPTION_HEADS = ("option", "meaning")


def as_pages() -> dict[str, str]:
    """Make a page for each command, and one that lists them."""
    root = click.Context(planner, info_name="fl-planner", **planner.context_settings)
    commands = dict(_commands(planner, root))
    pages = {
        f"reference/commands/{name}.md": "\n".join(_page(command, context, 1)) + "\n"
        for name, (command, context) in commands.items()
    }
    rows = [
        (f"[{code(name)}](#command-{name})", plain(_purpose(command)))
        for name, (command, _) in commands.items()
    ]
    lines = [HEAD, *table(("command", "purpose"), rows), "", *contents(commands)]
    return {"reference/commands/index.md": "\n".join(lines) + "\n", **pages}


def _commands(
    group: click.Group, context: click.Context
) -> Iterator[tuple[str, tuple[click.Command, click.Context]]]:
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, (command, click.Context(command, info_name=name, parent=context))


def _page(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    path = context.command_path.split()[1:]
    yield target(f"command-{'-'.join(path)}")
    yield f"{'#' * level} fl-planner {' '.join(path)}"
    yield ""
    yield plain(inspect.cleandoc(command.help or "").replace("\b\n", ""))
    yield ""
    yield from block(command.get_usage(context).removeprefix("Usage: "))
    yield ""
    told = [record for one in command.params if (record := one.get_help_record(context))]
    rows = [(code(name), plain(sentence(says))) for name, says in told if says]
    if rows:
        yield from table(OPTION_HEADS, rows)
        yield ""
    yield from _examples(command)
    if isinstance(command, click.Group):
        yield from _parts(command, context, level)


def _examples(command: click.Command) -> Iterator[str]:
    """Format the end of a command's help: examples and further arguments."""
    told = inspect.cleandoc((command.epilog or "").replace("\b", "")).strip("\n")
    if told:
        head, _, rest = told.partition("\n")
        yield plain(head)
        yield ""
        yield from block(inspect.cleandoc(f"\n{rest}"))
        yield ""


def _parts(group: click.Group, context: click.Context, level: int) -> Iterator[str]:
    """Format the subcommands of a command; inputs of formulas are listed with the quantities."""
    parts = dict(_commands(group, context))
    if group.name == "calc":
        yield from table(("formula", "purpose"), _formula_rows(parts))
        return
    for command, inner in parts.values():
        yield from _page(command, inner, level + 1)


def _formula_rows(
    parts: Mapping[str, tuple[click.Command, click.Context]],
) -> Iterator[tuple[str, str]]:
    for name, (command, _) in parts.items():
        yield f"[{code(name)}](#quantity-{name})", plain(_purpose(command))


def _purpose(command: click.Command) -> str:
    """Return the first sentence of a command's help."""
    return " ".join(inspect.cleandoc(command.help or "").partition("\n\n")[0].split())
