"""What a new centre file says, and which trials it leaves out: the record of `new-centre`."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fl_planner.basis.glossary import BY_REFERRAL
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import FileName, TrialId, says
from fl_planner.record.head import AnswerRecord
from fl_planner.record.trials.trials import Reached
from fl_planner.trials.centre import REACH, Centre
from fl_planner.trials.criterion import Trial


class CentreTrialRecord(RecordPart):
    """A trial of a centre's list; one that is left out has no `reach`."""

    id: TrialId
    name: Annotated[str, says("What people call it.")]
    reach: Reached | None = None


class NewCentreRecord(AnswerRecord, tag_field="schema", tag="fl-planner/new-centre/1"):
    """A centre file that was begun."""

    file: FileName
    trials: Annotated[tuple[CentreTrialRecord, ...], says("Every trial that is judged.")]


def as_new_centre(name: str, centre: Centre, trials: Sequence[Trial]) -> NewCentreRecord:
    """Tell what was written."""
    reach = {trial: offer.status for trial, offer in centre.offers.items()}
    listed = tuple(
        CentreTrialRecord(id=one.id, name=one.name, reach=reach.get(one.id)) for one in trials
    )
    return NewCentreRecord(refusal=None, file=name, trials=listed)


def say_new_centre(record: NewCentreRecord) -> Iterator[str]:
    """Say it in a few lines."""
    listed = [one for one in record.trials if one.reach is not None]
    yield f"{record.file}: written; {len(listed)} of {len(record.trials)} trials answered"
    yield from (f"  {one.name} ({one.id}): {REACH[one.reach]}" for one in listed if one.reach)
    if len(listed) < len(record.trials):
        yield f"  the others count as {BY_REFERRAL}, and stand as comments in the file"
