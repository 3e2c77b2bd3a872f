"""Options given more than once: click would take the last one, and say nothing."""

from collections import Counter
from collections.abc import Sequence

import click

from fl_planner.basis.errors import InputRefused

CODE = "option.repeated"


def require_once(command: click.Command, args: Sequence[str], parent: click.Context) -> None:
    """Refuse an option that holds one value and was given twice, to a command or one of its own.

    A flag that is said again says nothing else. What cannot be parsed is left to the command.

    Raises `InputRefused`: `option.repeated`, naming the option.
    """
    context = click.Context(command, parent=parent, info_name=command.name)
    try:
        _, rest, order = command.make_parser(context).parse_args(list(args))
    except click.UsageError:
        return
    if any(one.is_eager for one in order):  # help
        return
    _refuse_repeated([one for one in order if isinstance(one, click.Option)])
    if isinstance(command, click.Group) and rest:
        within = command.get_command(context, rest[0])
        if within is not None:
            require_once(within, rest[1:], context)


def _refuse_repeated(given: Sequence[click.Option]) -> None:
    times = Counter(one.name for one in given)
    for name, count in times.items():
        ways = list(dict.fromkeys(one for one in given if one.name == name))
        option, *others = (one.opts[-1] for one in ways)
        if others:  # two words for one thing, as --named and --all
            reason, remedy = f"was given beside {option}", "give one of them"
            raise InputRefused(CODE, others[0], reason, remedy)
        if count > 1 and not _may_be_repeated(ways[0]):
            reason = f"was given {'twice' if count == 2 else f'{count} times'}"
            raise InputRefused(CODE, option, reason, _remedy(ways[0]))


def _may_be_repeated(option: click.Option) -> bool:
    return option.multiple or option.count or (option.is_flag and not option.secondary_opts)


def _remedy(option: click.Option) -> str:
    if isinstance(option.type, click.Path):
        return "give one file, or folder: what belongs together must be united before"
    return "give it once"
