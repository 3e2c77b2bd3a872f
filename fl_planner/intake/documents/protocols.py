"""Protocols read from their TOML files: the bundled ones, and those of a hospital."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.formats.stored.places import note_input
from fl_planner.formats.stored.text import read_text
from fl_planner.intake.documents.bundled_trials import (
    read_bundled_trials,
    read_limiting,
    read_protocols,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.criterion import Trial
from fl_planner.trials.load import parse_trial

if TYPE_CHECKING:  # `volume` reads limits alone, and judges nothing
    from fl_planner.planning.judgement import Grounds


CODE = "trial.unreadable"
MOST_TRIALS = 200  # of one folder [project's choice]

SHARES = ("flr_fraction", "untreated_nontumorous_fraction")


def read_trials(folder: Path | None) -> tuple[tuple[Trial, ...], tuple[InputFile, ...]]:
    """Read every trial that is judged: the bundled ones, and after them those of a folder.

    Gives the files of the folder besides. Those that are no TOML are left alone.

    Raises `InputRefused`: `trial.no_folder` where there is none, or no TOML file in it;
    `trial.unreadable` naming each file that holds no trial, with the criterion, what is wrong and
    what to do; `trial.twice` where two trials have one id, or one short name.
    """
    bundled = read_bundled_trials()
    if folder is None:
        return bundled, ()
    note_input(folder)
    paths = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if len(paths) > MOST_TRIALS:
        reason = f"holds {len(paths):,} TOML files, more than {MOST_TRIALS}"
        raise InputRefused(CODE, folder.name or "--trials", reason, "keep other files elsewhere")
    if not paths:
        reason = "is not a folder with TOML files in it"
        remedy = "name a folder that holds one TOML file for each trial"
        raise InputRefused("trial.no_folder", folder.name or "--trials", reason, remedy)
    read, refused = _read_all(paths)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        reason = f"{len(refused):,} files: " + join_told([*map(str, refused)])
        raise InputRefused(CODE, folder.name or "--trials", reason, "then try again")
    known = {f"bundled {trial.id}": trial for trial in bundled}
    for file, trial in read:
        _refuse_twice(file.file, trial, known)
        known[file.file] = trial
    return tuple(known.values()), tuple(file for file, _ in read)


def _read_all(
    paths: Sequence[Path],
) -> tuple[list[tuple[InputFile, Trial]], list[InputRefused]]:
    read, refused = [], []
    for path in paths:
        try:
            text, digest = read_text(path, CODE, "a trial")
            trial = parse_trial(text)
            if not trial.criteria:
                reason, remedy = "holds no criterion", "give [[criterion]] tables"
                raise InputRefused(CODE, path.name, reason, remedy)
            read.append((InputFile("trial", path.name, "toml", digest), trial))
        except InputRefused as wrong:
            within = "" if wrong.source == path.name else f"{wrong.source}: "
            reason = f"{within}{wrong.reason}"
            refused.append(InputRefused(wrong.code, path.name, reason, wrong.remedy))
    return read, refused


def _refuse_twice(file: str, trial: Trial, known: dict[str, Trial]) -> None:
    """Refuse a trial by whose name another goes: verdicts and routes are told by it."""
    for other, before in known.items():
        for what in ("id", "short"):
            if getattr(trial, what) == getattr(before, what):
                reason = f"{what} = {getattr(trial, what)!r} is that of {other} too"
                raise InputRefused("trial.twice", file, reason, "give each trial its own")


def read_share_limits() -> tuple[Fraction, ...]:
    """Read every limit on a share of the liver: no shown percentage may change its side."""
    limits = (
        limit for trial in read_limiting() for fact in SHARES for limit in trial.limits_on(fact)
    )
    return tuple(sorted({limit.value for limit in limits}))


def read_grounds(
    folder: Path | None, centre: Path | None, as_of: date | None
) -> tuple[Grounds, tuple[InputFile, ...]]:
    """Read what patients are judged by, and name the files that are not bundled."""
    from fl_planner.planning.judgement import Grounds

    trials, inputs = read_trials(folder)
    if centre is None:
        return Grounds(trials, read_protocols(), None, as_of), inputs
    from fl_planner.intake.documents.centre_file import read_centre_file

    read = read_centre_file(centre, [trial.id for trial in trials])
    grounds = Grounds(trials, read_protocols(), read.centre, as_of, read.error)
    return grounds, (*inputs, read.file)
