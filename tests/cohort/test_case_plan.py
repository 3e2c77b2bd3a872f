"""A case of a cohort, planned: what its result rests on, and when that holds no longer."""

from dataclasses import replace
from pathlib import Path

import pytest

from fl_planner.cohort import case_plan
from fl_planner.cohort.case import Asked, CohortCase
from fl_planner.cohort.case_plan import plan_case
from fl_planner.cohort.key import MISSING, RESULTS, find_shared_key, hash_paths
from fl_planner.cohort.source.source import CohortSource
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.workup.many.plans import ForAll, plan_trusted
from tests.cohort.cohorts import small_cases


@pytest.fixture
def case(tmp_path: Path) -> CohortCase:
    """Give one case."""
    (found,) = CohortSource(tuple(small_cases(tmp_path, 1))).read()[1]
    return found


def asked(**more: bool) -> Asked:
    said = ForAll()
    wanted = {"report": False, "pictures": False, **more}
    return Asked(said, find_shared_key(said, **wanted), **wanted)


def test_h04_a_result_holds_until_what_it_rests_on_changes(case: CohortCase) -> None:
    first = plan_case(case, asked(), None)
    assert first.status == "planned"
    assert plan_case(case, asked(), first.key).status is None
    assert plan_case(case, asked(), {**first.key, RESULTS: ""}).status == "planned"
    assert plan_case(case, asked(pictures=True), first.key).status == "planned"
    said = replace(case, text=case.text.replace("crlm", "hcc"))
    assert plan_case(said, asked(), first.key).status == "planned"
    mask = Path(case.folder, "flr.nii")
    content = bytearray(mask.read_bytes())
    content[-1] ^= 1
    mask.write_bytes(content)
    assert plan_case(case, asked(), first.key).key["inputs"] != first.key["inputs"]


def test_h04_a_file_that_changes_while_it_is_read_is_refused(
    case: CohortCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(request: Request, said: ForAll, name: str) -> tuple[Plan, PlanRecord]:
        made = plan_trusted(request, said, name)
        Path(case.folder, "flr.nii").touch()
        return made

    monkeypatch.setattr(case_plan, "plan_trusted", change)
    found = plan_case(case, asked(), None)
    assert found.refusal is not None
    assert found.refusal.code == "cohort.changed"


def test_what_a_header_names_belongs_to_its_hash(tmp_path: Path) -> None:
    """As a series' slices do; where all of it lies does not count."""
    for folder in ("a", "b"):
        (tmp_path / folder / "series").mkdir(parents=True)
        for name in ("m.raw", "m.img", "m.hdr", "series/1.dcm"):
            (tmp_path / folder / name).write_bytes(b"1")
        (tmp_path / folder / "m.mhd").write_bytes(b"ElementDataFile = m.raw\n")
    for named, behind in (("m.mhd", "m.raw"), ("m.hdr", "m.img"), ("series", "series/1.dcm")):
        first, second = (hash_paths([tmp_path / folder / named]) for folder in ("a", "b"))
        assert first == second
        (tmp_path / "b" / behind).write_bytes(b"2")
        assert hash_paths([tmp_path / "b" / named]) != first
    assert hash_paths([tmp_path / "none"]) == hash_paths([tmp_path / "c" / "none"])
    assert MISSING not in hash_paths([tmp_path / "none"])
