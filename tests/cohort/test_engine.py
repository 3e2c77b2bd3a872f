"""Small cases go to workers in parcels; a parcel that fails is told apart."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fl_planner.cohort.case import Asked, CaseAnswer, make_shared_key
from fl_planner.cohort.engine import engine as at_work
from fl_planner.cohort.engine.engine import MOST_IN_PARCEL, Engine
from fl_planner.cohort.engine.sandbox import Attempt, Bounds, run_cases
from fl_planner.cohort.source.case_table import CohortSource
from fl_planner.workup.many import ForAll
from tests.cohort.cohorts import small_cases

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")
ROOMY = Bounds(1 << 31, 60)


def plan_all(
    scheduler: str, folder: Path, count: int, size: int = 1
) -> tuple[dict[str, CaseAnswer], Engine]:
    """Plan cases; the first parcels have so many."""
    _, cases = CohortSource(tuple(small_cases(folder, count))).read()
    said = ForAll()
    asked = Asked(said, make_shared_key(said, report=False, pictures=False))
    with distributed.Client(scheduler, set_as_default=False) as client:
        engine = Engine(client, asked, ROOMY, size=size)
        tasks = ((case, None) for case in cases)
        return {case.id: answer for (case, _), answer in engine.answer_each(tasks)}, engine


@pytest.mark.slow
def test_small_cases_go_in_parcels_and_each_is_answered_once(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def telling(tasks: Sequence[bytes], bounds: Bounds) -> list[Attempt]:
        attempts = run_cases(tasks, bounds)  # in another copy of this function
        told = [pickle.loads(one.answer) for one in attempts if one.answer]
        # quick, however busy this computer is; and how many went together
        quick = [replace(one, seconds=len(tasks) / 1000) for one in told]
        return [Attempt(pickle.dumps(one)) for one in quick]

    monkeypatch.setattr(at_work, "run_cases", telling)
    answers, _ = plan_all(scheduler, tmp_path, 30)
    together = [round(1000 * one.seconds) for one in answers.values()]
    assert {one.status for one in answers.values()} == {"planned"}
    assert len(answers) == 30
    assert together[0] == 1
    assert 1 < max(together) <= MOST_IN_PARCEL


@pytest.mark.slow
def test_a_case_that_takes_long_goes_by_itself(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(tasks: Sequence[bytes], bounds: Bounds) -> list[Attempt]:
        told = [pickle.loads(one.answer) for one in run_cases(tasks, bounds) if one.answer]
        return [Attempt(pickle.dumps(replace(one, seconds=7.0))) for one in told]

    monkeypatch.setattr(at_work, "run_cases", slow)
    answers, engine = plan_all(scheduler, tmp_path, 3, size=2)
    assert len(answers) == 3
    assert engine.size == 1


@pytest.mark.slow
def test_a_parcel_that_fails_is_planned_case_by_case(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(tasks: Sequence[bytes], bounds: Bounds) -> list[Attempt]:
        if any(pickle.loads(task)[0].number == 2 for task in tasks):
            raise ValueError
        return run_cases(tasks, bounds)

    monkeypatch.setattr(at_work, "run_cases", fails)
    answers, _ = plan_all(scheduler, tmp_path, 4, size=4)
    assert len(answers) == 4
    failed = {name: one.failure for name, one in answers.items() if one.status == "failed"}
    assert [*failed.values()] == ["its worker could not start the case (ValueError)"]
    assert sum(one.status == "planned" for one in answers.values()) == 3
