"""Help of commands under headings, and refusals of incorrect command lines."""

from collections.abc import Iterable, Mapping
from functools import partial
from inspect import cleandoc
from typing import Any

import click
from click.exceptions import NoSuchOption

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import find_by_other_word, find_nearest

SETTINGS: Mapping[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 160}
IMAGES, PATIENT, OUTPUT, REST = "Masks and images", "Patient and trials", "Output", "Options"
SHARES = frozenset({"--flr-of-nontumorous-liver", "--flr-of-whole-liver"})
WHICH_LIVER = "A percentage refers to the non-tumorous liver or to the whole liver"
RESAMPLE = "--resample"
ONE_TOO_MANY = "Got unexpected extra argument"  # as Click words it
OPTION_EACH = (
    "write an option before each file (--tumour a.nii --tumour b.nii), and a list without spaces "
    "(2,3)"
)
CONVERT = "resample the mask first: fl-planner convert MASK --like FILE --to OUT --resample"
# similarity of names from which one is a misspelling, or may be one; of 0.73: format, force
SURELY_NEAR, NEAR, MOST_MEANT = 0.85, 0.75, 3
LAST = (IMAGES, PATIENT, OUTPUT, REST)  # headings that follow those of the command itself


class HeadedOption(click.Option):
    """An option under a heading of its command's help."""

    def __init__(self, *args: Any, heading: str = REST, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading = heading


class HeadedCommand(click.Command):
    """A command whose help lists options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading with its options."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                rows.setdefault(getattr(param, "heading", REST), []).append(record)
        for heading, options in sorted(rows.items(), key=_place):
            with formatter.section(heading):
                formatter.write_dl(options)


def _place(section: tuple[str, object]) -> int:
    return LAST.index(section[0]) if section[0] in LAST else -1


class NoSuchCommandError(click.UsageError):
    """Raised for a command that does not exist; Click has such an exception since version 8.4."""

    def __init__(self, name: str, ctx: click.Context) -> None:
        super().__init__(f"No such command {name!r}", ctx)
        self.name = name


class CommandGroup(click.Group):
    """A command with subcommands, each listed with the first sentence of its help."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the command; an unknown one is refused with its name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            if args[0].startswith("-") or self.get_command(ctx, args[0]) is not None:
                raise
            raise NoSuchCommandError(args[0], ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        for heading, names in self.headings(ctx).items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.summary(ctx, name)) for name in names])

    def headings(self, ctx: click.Context) -> Mapping[str, Iterable[str]]:
        """Return the headings with their commands."""
        return {"Commands": self.list_commands(ctx)}

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return the first sentence of a command's help."""
        command = self.get_command(ctx, name)
        help_text = "" if command is None else cleandoc(command.help or "")
        return " ".join(help_text.partition("\n\n")[0].split())


headed_command = partial(click.command, cls=HeadedCommand)


def as_conflict(option: str, other: str) -> InputRefused:
    """Describe two options that exclude each other as a refusal."""
    reason = f"cannot be combined with {other}"
    return InputRefused("usage.wrong", option, reason, "omit one of them")


def as_refusal_of(wrong: click.UsageError) -> InputRefused:
    """Describe an incorrect command line as a refusal, with the most similar valid word."""
    asked = "fl-planner" if wrong.ctx is None else wrong.ctx.command_path
    reason, near = wrong.format_message(), None
    if isinstance(wrong, NoSuchOption) and wrong.ctx is not None:
        reason = f"No such option {wrong.option_name!r}"
        remedy, near = _instead_of(wrong.option_name, wrong.ctx)
        if remedy:
            return InputRefused("usage.wrong", "command line", reason, remedy)
    elif isinstance(wrong, NoSuchCommandError) and wrong.ctx is not None:
        reason, near = wrong.message, _find_commands(wrong.name, wrong.ctx)
    elif isinstance(wrong, click.BadParameter) and (diagnoses := _list_diagnoses(wrong.param)):
        reason, remedy = wrong.message.rstrip("."), f"give one of {diagnoses}"
        return InputRefused("input.diagnosis", "--diagnosis", reason, remedy)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    if wrong.ctx is not None and reason.startswith(ONE_TOO_MANY):
        takes_masks = any("--tumour" in param.opts for param in wrong.ctx.command.params)
        meant = f"{OPTION_EACH}; " if takes_masks else ""
    remedy = f"{meant}see {asked} --help"
    reason = " ".join(reason.split())  # Click puts each choice on its own line
    return InputRefused("usage.wrong", "command line", reason.removesuffix("."), remedy)


def _list_diagnoses(param: click.Parameter | None) -> str:
    """List the diagnoses if the option is that of the diagnosis, whose code is that in Python."""
    if param is None or param.name != "diagnosis" or not isinstance(param.type, click.Choice):
        return ""
    return ", ".join(param.type.choices)


def _instead_of(option: str, ctx: click.Context) -> tuple[str, list[str]]:
    """Return a remedy for an unknown option; if there is none, the most similar options."""
    here = [name for param in ctx.command.params for name in param.opts if name.startswith("--")]
    if option == RESAMPLE:
        return CONVERT, []
    if _is_share(option):
        if SHARES & {*here}:
            return f"did you mean {' or '.join(sorted(SHARES))}? {WHICH_LIVER}", []
        keys = " or ".join(share.strip("-").replace("-", "_") for share in sorted(SHARES))
        return f"enter it as the fact {keys}. {WHICH_LIVER}", []
    arguments = (param for param in ctx.command.params if isinstance(param, click.Argument))
    takes_case = any("CASE.toml" in (param.metavar or "") for param in arguments)
    if takes_case and option not in here and option in _list_case_options():
        remedy = "state it in the case file"
        if option in _list_options("new-case", ctx):
            remedy += f"; fl-planner new-case CASE.toml {option} ... creates a case file"
        return remedy, []
    if takes_case:
        from fl_planner.workup.new_case import is_fact  # only after a wrong option

        key = option.strip("-").replace("-", "_")
        if is_fact(key):
            return f"state the fact {key} under [facts] in the case file", []
        if place := _find_place(key):
            return f"state {key} {place} in a case file", []
    return "", find_options(option, here)


def find_options(option: str, names: Iterable[str]) -> list[str]:
    """Find the options that an unknown one may stand for: misspelt, or with fewer or more words.

    Options that are only somewhat similar are left out: `--treated` is not `--remnant`, and
    `--lung-dose` is not `--lung-shunt`.

    Examples
    --------
    >>> find_options("--tumor", ["--tumour", "--treated"])
    ['--tumour']
    >>> find_options("--segments", ["--treated-segments", "--remnant-segments", "--segment"])
    ['--segment']
    >>> find_options("--segments", ["--treated-segments", "--labelmap"])
    ['--labelmap', '--treated-segments']
    """
    from difflib import get_close_matches  # only after a wrong option

    bare = {name.strip("-"): name for name in names}
    typed = option.strip("-").lower()
    words = {*typed.split("-")}
    by_words = [name for name in bare if _is_part({*name.split("-")}, words)]
    if known := find_by_other_word(typed, bare):
        by_words.insert(0, known)
    near = (
        get_close_matches(typed, bare, 1, SURELY_NEAR)
        or by_words[:MOST_MEANT]
        or get_close_matches(typed, bare, 1, NEAR)
        or [name for name in bare if len(name) > 2 and typed.startswith(name)][:1]
    )
    return [bare[name] for name in near]


def _is_part(one: set[str], other: set[str]) -> bool:
    return one <= other or other <= one


def _find_place(key: str) -> str:
    """Return the place of a key that only a case file has; an option with a similar name differs.

    `resected_segments` has no option, and `--treated-segments` would state a treated area.
    """
    from fl_planner.given.case import CaseTables
    from fl_planner.given.table import columns_of

    for table, name, known in columns_of(CaseTables):
        if name == key and known.option is None:
            shown = "[[plan]]" if table == "plan" else f"[{table}]"
            return f"under {shown}" if table else "at the top"
    return ""


def _is_share(option: str) -> bool:
    from fl_planner.basis.standing_words import SHARE_WORDS  # only after a wrong option

    words = {*option.lower().strip("-").replace("_", "-").split("-")}
    return "flr" in words and not words.isdisjoint(SHARE_WORDS)


def _list_case_options() -> set[str]:
    """List the options of keys of a case file; outputs such as `--csv` have no key."""
    from fl_planner.given.case import CaseTables  # only after a wrong option
    from fl_planner.given.facts import FactTable
    from fl_planner.given.table import options_of

    return {option.name for _, option in options_of(CaseTables, FactTable)}


def _list_options(command: str, ctx: click.Context) -> set[str]:
    root = ctx.find_root().command
    found = root.get_command(ctx, command) if isinstance(root, click.Group) else None
    return {name for param in (found.params if found else ()) for name in param.opts}


def _find_commands(name: str, ctx: click.Context) -> list[str]:
    """Find subcommands of this name, given without their command; otherwise similar names."""
    group = ctx.command
    if not isinstance(group, click.Group):
        return []
    names = group.list_commands(ctx)
    full = [one for one in names if one.partition(" ")[2] == name]
    for outer in names:
        inner = group.get_command(ctx, outer)
        if isinstance(inner, click.Group) and name in inner.list_commands(ctx):
            full.append(f"{outer} {name}")
    return full or find_nearest(name, names)
