"""A centre file is begun: which trials recruit here, asked of a person or listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from fl_planner.basis.errors import InputRefused
from fl_planner.export.save import check_output, save
from fl_planner.intake.documents.new_centre import OFFICE, STATUSES, write_centre
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.record.over_time.new_centre import NewCentreRecord, as_new_centre
from fl_planner.trials.centre import Centre, Offer, Reach
from fl_planner.trials.criterion import Trial
from fl_planner.workup.new_case import STOP, Person

NAME = "Name of the centre, printed as given"
REACHES: tuple[Reach, ...] = get_args(Reach)
DAY = "Day on which the list was last checked (YYYY-MM-DD)"


def begin_centre(
    out: Path, given: Mapping[str, object], person: Person | None, *, force: bool = False
) -> NewCentreRecord:
    """Write a centre file of what is known, and tell what it leaves out; first ask a person.

    - `given`: `name`, `as_of`, and `trials`, a folder of trials beside the bundled ones.

    Raises `InputRefused`: `usage.wrong` where nobody says the name or the day, or `out` is
    named for something else; as `check_output` and `read_trials`.
    """
    if out.suffix.lower() != ".toml":
        reason = f"{out.name}: a centre file's name ends in .toml"
        raise InputRefused("usage.wrong", "--out", reason, "name it centre.toml")
    check_output(out, force=force)
    folder = given["trials"]
    trials, _ = read_trials(folder if isinstance(folder, Path) else None)
    name = given["name"] or _ask_name(person)
    as_of = given["as_of"] or _ask_day(person)
    if not isinstance(name, str) or not name.strip():
        raise InputRefused("usage.wrong", "--name", "nobody said it", 'write --name "Site 7"')
    if not isinstance(as_of, date):
        remedy = "write the day on which the list was last checked, as --as-of 2026-11-01"
        raise InputRefused("usage.wrong", "--as-of", "nobody said it", remedy)
    offers = {} if person is None else _interview(trials, person)
    centre = Centre(name, as_of, offers)
    save(out, write_centre(out.name, centre, trials).encode(), force=force)
    return as_new_centre(out.name, centre, trials)


def _ask_name(person: Person | None) -> str | None:
    return None if person is None else person.answer(NAME).strip()


def _ask_day(person: Person | None) -> date | None:
    while person is not None and (typed := person.answer(DAY).strip()):
        try:
            return date.fromisoformat(typed)
        except ValueError:
            person.hear(f"{typed!r} is no day, written as 2026-11-01")
    return None


def _interview(trials: Sequence[Trial], person: Person) -> dict[str, Offer]:
    """Ask of trial after trial, until all are answered or it is enough."""
    offers: dict[str, Offer] = {}
    for number, trial in enumerate(trials):
        status = _ask_status(trial, len(trials) - number, person)
        if status == STOP:
            break
        if status is not None:
            contact = person.answer(f"  contact: {OFFICE} (empty: none)").strip()
            where = ""
            if status == "referral":
                where = person.answer("  where: the other centre (empty: none)").strip()
            offers[trial.id] = Offer(status, contact or None, where or None)
    return offers


def _ask_status(trial: Trial, left: int, person: Person) -> Reach | Literal["stop"] | None:
    question = (
        f'{trial.name} ({trial.id}) [{left} left]\n  {STATUSES} (empty: left out; "{STOP}": enough)'
    )
    while typed := person.answer(question).strip().lower():
        if typed == STOP:
            return STOP
        for known in REACHES:
            if typed == known:
                return known
        person.hear(f"{typed!r} is none of {', '.join(REACHES)}")
    return None
