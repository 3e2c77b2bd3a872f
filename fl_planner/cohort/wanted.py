"""What a person asked of a cohort, in the words of options, as a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import OF_PAGE, OF_SURFACE, require_cluster, require_report
from fl_planner.cohort.case import Asked
from fl_planner.cohort.engine.cluster import Means, require_guarded
from fl_planner.cohort.key import find_shared_key
from fl_planner.cohort.run import Run, run_cohort
from fl_planner.cohort.source.draft import Alike
from fl_planner.cohort.source.source import CohortSource
from fl_planner.formats.stored.places import note_input, note_output
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.record.over_time.cohort import CohortRecord
from fl_planner.workup.many.plans import ForAll
from fl_planner.workup.request import parse_decimal, parse_segment_list

Words = Mapping[str, Any]
LEAST_GIB = Decimal("0.25")  # the program itself takes some 0.15
MOST_MINUTES = 24 * 60


def plan_cohort(
    sources: Sequence[Path], words: Words, tell: Callable[[str], None] = lambda _: None
) -> CohortRecord:
    """Plan the cases of a source into a folder, and tell what became of them.

    - `words`: as of `fl-planner cohort`, `_` for `-`.
    - `tell`: takes what a person is told meanwhile.

    Raises `InputRefused`: what is wrong with the source, the options, the trials or the folder;
    a case that is refused is a row.
    """
    require_guarded()
    require_cluster()
    means = _read_means(words)
    said = _read_said(words)
    if words["report"]:
        require_report(OF_PAGE, OF_SURFACE)
    read_grounds(said.trials, said.centre, said.as_of)  # refused before any case is
    wanted = {name: bool(words[name]) for name in ("report", "pictures")}
    key = find_shared_key(said, **wanted)
    asked = Asked(said, key, **wanted, private_addresses=words["private_addresses"])
    out = words["out"].absolute()
    note_output(out)
    for source in sources:
        note_input(source)
    kind, cases = _read_source(sources, words).read()
    return run_cohort(Run(cases, kind, out, asked, means, words["force"], tell))


def _read_said(words: Words) -> ForAll:
    """Read what is said of all; workers may have another folder to start from."""
    paths = {name: words[name] and words[name].absolute() for name in ("centre", "trials")}
    rest = {name: words[name] for name in ("as_of", "size_limit", "profile")}
    return ForAll(**paths, **rest)


def _read_source(sources: Sequence[Path], words: Words) -> CohortSource:
    alike = Alike(
        diagnosis=words["diagnosis"],
        scheme=words["scheme"],
        remnant_segments=parse_segment_list("--remnant-segments", words["remnant_segments"]),
        no_tumour=words["no_tumour"],
    )
    return CohortSource(tuple(sources), words["layout"], tuple(words["pattern"]), alike)


def _read_means(words: Words) -> Means:
    jobs = [one.partition("=") for one in words["slurm"]]
    if wrong := [name for name, equals, value in jobs if not (name and equals and value)]:
        reason = f"{wrong[0]!r} is no name and value"
        raise InputRefused("usage.wrong", "--slurm", reason, "write --slurm queue=normal")
    if jobs and words["scheduler"] is not None:
        reason = "was given beside --slurm"
        raise InputRefused("usage.wrong", "--scheduler", reason, "leave one out")
    if words["workers"] is not None and words["scheduler"] is not None:
        reason = "was given beside --scheduler, whose workers are begun by themselves"
        raise InputRefused("usage.wrong", "--workers", reason, "leave one out")
    return Means(
        workers=words["workers"],
        memory_limit=_read_number(words, "memory_limit", LEAST_GIB, Decimal(1024)),
        time_limit=_read_number(words, "time_limit", Decimal("0.01"), Decimal(MOST_MINUTES)),
        scheduler=words["scheduler"],
        slurm=tuple((name, value) for name, _, value in jobs) or None,
        dashboard=words["dashboard"],
    )


def _read_number(words: Words, option: str, least: Decimal, most: Decimal) -> float:
    number = parse_decimal(option, words[option])
    if not least <= number <= most:
        name = f"--{option.replace('_', '-')}"
        reason = f"{number} is not within {least} to {most}"
        raise InputRefused("usage.wrong", name, reason, "give a number within it")
    return float(number)
