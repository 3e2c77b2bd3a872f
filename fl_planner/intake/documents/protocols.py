"""Read the bundled protocols and the protocols of a hospital from their TOML files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import ends_in_toml, join_first
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import note_input
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.criterion import Role, Trial
from fl_planner.trials.load import parse_trial
from fl_planner.trials.plan_part import Head, parse_bundled, parse_head, parse_naming

if TYPE_CHECKING:
    from fl_planner.planning.judgement import Grounds
    from fl_planner.planning.volume_pathway.states import Protocols
    from fl_planner.trials.condition import RouteRow

# by their path, because `importlib.resources` adds 13 ms to each start
PROTOCOLS = Path(__file__).parents[2] / "trials" / "data"


@cache
def read_heads() -> Mapping[str, Head]:
    """Read the heads of the bundled protocols by file name, in the order of trials.md."""
    named = {path.stem: parse_head(path.read_text("utf-8")) for path in PROTOCOLS.glob("*.toml")}
    last = 1 + max(head.order or 0 for head in named.values())
    return dict(sorted(named.items(), key=lambda one: (one[1].order or last, one[0])))


@cache  # a worklist judges hundreds of patients by the same few
def read_bundled(name: str) -> Trial:
    """Read a bundled protocol by the name of its file, `dragon2`."""
    return parse_bundled((PROTOCOLS / f"{name}.toml").read_text("utf-8"))


@cache
def read_bundled_trials() -> tuple[Trial, ...]:
    """Read every trial that is judged, in their order."""
    return tuple(read_bundled(name) for name, head in read_heads().items() if head.judged)


@cache
def read_lending_trials() -> tuple[Trial, ...]:
    """Read every trial that only provides a limit, and is not judged."""
    return tuple(read_bundled(name) for name, head in read_heads().items() if not head.judged)


@cache
def read_protocol(role: Role) -> Trial:
    """Read the protocol with this role in the volume-based pathway."""
    (name,) = (name for name, head in read_heads().items() if head.role == role)
    return read_bundled(name)


def read_protocols() -> Protocols:
    """Read the protocols whose limits the pathway uses."""
    from fl_planner.planning.volume_pathway.states import Protocols

    return Protocols(
        read_protocol("crlm"), read_protocol("hcc"), read_protocol("radioembolisation")
    )


@cache
def read_route_rows() -> tuple[RouteRow, ...]:
    """Read the whole table of routes."""
    from fl_planner.planning.full_route.route_rows import merge_rows  # imported on use

    return merge_rows(read_bundled(name) for name in read_heads())


def find_trial_name(short: str) -> str:
    """Return the name of a bundled protocol by its short name or id; any other is unchanged.

    Examples
    --------
    >>> find_trial_name("harbour")
    'harbour'
    """
    heads = read_heads().values()
    names = {key: head.name for head in heads for key in (head.short, head.id)}
    return names.get(short, short)


def in_order(ids: Iterable[str]) -> tuple[str, ...]:
    """Sort trials, each once; trials of a hospital are last, in the given order.

    Examples
    --------
    >>> in_order(["HARBOUR-1", "NCT06178198", "NCT05428735", "NCT06178198"])
    ('NCT05428735', 'NCT06178198', 'HARBOUR-1')
    """
    found = dict.fromkeys(ids)
    known = [head.id for head in read_heads().values() if head.id in found]
    return (*known, *(id_ for id_ in found if id_ not in known))


CODE = "trial.unreadable"
MOST_TRIALS = 200  # in one folder [project's choice]

SHARES = ("flr_fraction", "untreated_nontumorous_fraction")


def read_trials(folder: Path | None) -> tuple[tuple[Trial, ...], tuple[InputFile, ...]]:
    """Read every trial that is judged: bundled trials, then those of a folder; and its files.

    Files other than TOML are ignored.

    Raises `InputRefused`: `trial.no_folder` without a folder or TOML files in it;
    `trial.unreadable` naming each invalid file, with the criterion, the error and the remedy;
    `trial.twice` for two trials with the same id or short name.
    """
    bundled = read_bundled_trials()
    if folder is None:
        return bundled, ()
    note_input(folder)
    files = folder.iterdir() if folder.is_dir() else ()
    paths = sorted(path for path in files if ends_in_toml(path.name))
    if len(paths) > MOST_TRIALS:
        reason = f"the folder contains {len(paths):,} TOML files; the limit is {MOST_TRIALS}"
        raise InputRefused(CODE, folder.name or "--trials", reason, "keep only trial files")
    if not paths:
        reason = "not a folder with TOML files"
        remedy = "give a folder with one TOML file for each trial"
        raise InputRefused("trial.no_folder", folder.name or "--trials", reason, remedy)
    read, refused = _read_all(paths)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        reason = f"{len(refused):,} files: " + join_first([*map(str, refused)])
        raise InputRefused(CODE, folder.name or "--trials", reason, "correct these files")
    known = {f"bundled {trial.id}": trial for trial in bundled}
    for file, trial in read:
        _refuse_twice(file.file, trial, known)
        known[file.file] = trial
    return tuple(known.values()), tuple(file for file, _ in read)


def _read_all(paths: Sequence[Path]) -> tuple[list[tuple[InputFile, Trial]], list[InputRefused]]:
    read, refused = [], []
    for path in paths:
        try:
            text, digest = read_text(path, CODE, "a trial")
            trial = parse_trial(text)
            if not trial.criteria:
                reason = "the trial has no criteria"
                remedy = "add a [[criterion]] table for each; docs/adding-a-trial.md shows one"
                raise InputRefused(CODE, path.name, reason, remedy)
            read.append((InputFile("trial", path.name, "toml", digest), trial))
        except InputRefused as wrong:
            within = "" if wrong.source == path.name else f"{wrong.source}: "
            reason = f"{within}{wrong.reason}"
            refused.append(InputRefused(wrong.code, path.name, reason, wrong.remedy))
    return read, refused


def _refuse_twice(file: str, trial: Trial, known: dict[str, Trial]) -> None:
    """Refuse a trial with the id or short name of another, which identify verdicts and routes."""
    for other, before in known.items():
        for what in ("id", "short"):
            if getattr(trial, what) == getattr(before, what):
                reason = f"{what} = {getattr(trial, what)!r} is already used by {other}"
                remedy = "give each trial a unique id and short name"
                raise InputRefused("trial.twice", file, reason, remedy)


def read_share_limits() -> tuple[Fraction, ...]:
    """Read every limit on a share of the liver, which rounding must not cross."""
    names = [name for name, head in read_heads().items() if head.role is not None]
    texts = ((PROTOCOLS / f"{name}.toml").read_text("utf-8") for name in names)
    limits = (
        limit
        for trial in (parse_naming(text, SHARES) for text in texts)
        for fact in SHARES
        for limit in trial.limits_on(fact)
    )
    return tuple(sorted({limit.value for limit in limits}))


def read_grounds(
    folder: Path | None, centre: Path | None, as_of: date | None
) -> tuple[Grounds, tuple[InputFile, ...]]:
    """Read the protocols used for judgement; return them, and the files that are not bundled."""
    from fl_planner.planning.judgement import Grounds

    trials, inputs = read_trials(folder)
    if centre is None:
        return Grounds(trials, read_protocols(), None, as_of), inputs
    from fl_planner.intake.documents.centre_file import read_centre_file

    read = read_centre_file(centre, [trial.id for trial in trials])
    return Grounds(trials, read_protocols(), read.centre, as_of, read.error), (*inputs, read.file)
