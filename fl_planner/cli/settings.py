"""Settings as defaults of a command's options, and how to ignore them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from fl_planner.cli.output import print_aside

VARIABLE = "FL_PLANNER_NO_SETTINGS"  # of the environment
KEYS = {"centre", "trials", "size_limit", "profile", "semicolons", "bom"}
NO_SETTINGS = click.option(
    "--no-settings", is_flag=True, help=f"Ignore all fl-planner.toml files, as with {VARIABLE}=1."
)
LEFT_ALONE = {"settings": KEYS, "verify": {"centre", "trials", "profile"}}


def are_read(ctx: click.Context) -> bool:
    """Return whether settings are read, which an option or the environment can prevent."""
    return not (ctx.find_root().params.get("no_settings") or os.environ.get(VARIABLE, "0") != "0")


def apply_settings(command: click.Command, args: Sequence[str], ctx: click.Context) -> None:
    """Set the settings as defaults of a command, and report them on stderr.

    `verify` ignores settings on which an output depends: it requires the options of that output.

    Raises `InputRefused` if a settings file cannot be read or loosens the user's settings.
    """
    if not are_read(ctx):
        return
    path, leaf, typed, order = _parse_leaf(command, args, ctx)
    names = {one.name for one in leaf.params} & KEYS - LEFT_ALONE.get(path[0], set())
    if not names or any(one.is_eager for one in order):
        return
    from fl_planner.workup.settings import read_all_settings, require_no_loosening

    given = [param for param in leaf.params if isinstance(param, click.Argument)]
    files = [param for param in given if isinstance(param.type, click.Path)]
    known = read_all_settings([*_paths(typed.get(str(param.name)) for param in files)])
    from_files: dict[str, Any] = {
        key: places[0].value for key, places in known.items() if key in names and key not in typed
    }
    if not from_files:
        return
    require_no_loosening(known, from_files)
    nested: dict[str, Any] = from_files
    for name in reversed(path):
        nested = {name: nested}
    ctx.default_map = nested
    if not typed.get("quiet"):
        _print_origins({key: known[key][0] for key in from_files})


def _print_origins(from_files: Mapping[str, Any]) -> None:
    from fl_planner.record.files.settings import ORIGINS

    for origin in ("project", "user"):
        mine = [f"{key} {one.shown}" for key, one in from_files.items() if one.origin == origin]
        if mine:
            print_aside(f"settings: {', '.join(mine)} ({ORIGINS[origin]})")


def _paths(given: Any) -> list[Path]:
    """List the paths in arguments that contain one or several paths."""
    found: list[Path] = []
    for one in given:
        entries = one if isinstance(one, tuple | list) else (one,)
        found += [Path(entry) for entry in entries if isinstance(entry, str | Path)]
    return found


def _parse_leaf(
    command: click.Command, args: Sequence[str], parent: click.Context
) -> tuple[list[str], click.Command, dict[str, Any], list[click.Parameter]]:
    """Return the path, command, raw values and order of options of the innermost command."""
    context = click.Context(command, parent=parent, info_name=command.name)
    try:
        typed, rest, order = command.make_parser(context).parse_args(list(args))
    except click.UsageError:
        return [str(command.name)], click.Command(None), {}, []  # the command reports the error
    if isinstance(command, click.Group) and rest:
        inner = command.get_command(context, rest[0])
        if inner is not None:
            path, leaf, words, order = _parse_leaf(inner, rest[1:], context)
            return [str(command.name), *path], leaf, words, order
    return [str(command.name)], command, dict(typed), list(order)
