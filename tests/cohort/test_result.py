"""The folder of a run, read back: each case once, in its order, and nothing that is another's."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from fl_planner.cohort.result import (
    CaseState,
    find_folder,
    name_folder,
    read_results,
    refuse_failed,
)
from tests.cases import each_case
from tests.cohort.folders import KEY, NO_LIVER, PLANNED, write_run
from tests.refusals import refuses


def test_results_come_in_the_order_of_the_run(tmp_path: Path) -> None:
    write_run(tmp_path, [("b", PLANNED), ("a", NO_LIVER), ("../c", "the worker was killed")])
    b, a, c = read_results(tmp_path)
    assert [(one.id, one.status) for one in (b, a, c)] == [
        ("b", "planned"),
        ("a", "refused"),
        ("../c", "failed"),
    ]
    assert b.plan is not None
    assert b.plan.volumes.volumes_ml.flr == 300  # by hand
    assert a.refusal == NO_LIVER
    assert c.failure == "the worker was killed"
    assert {one.folder.parent for one in (b, a, c)} == {tmp_path / "cases"}


def test_a_case_not_yet_tried_has_no_result(tmp_path: Path) -> None:
    write_run(tmp_path, [("a", NO_LIVER), ("b", None)])
    assert [one.id for one in read_results(tmp_path)] == ["a"]


@each_case(
    "failure, code",
    {
        "ours": (
            "this is a defect in fl_planner; please report it, and plan the case on its own to "
            "locate the fault (status 1)",
            "cohort.defect",
        ),
        "from outside": ("the worker was killed", "cohort.failed"),
        "not known": (None, "cohort.failed"),
    },
)
def test_h16_a_defect_of_ours_is_named_as_one(failure: str | None, code: str) -> None:
    state = CaseState(id="a", status="failed", key=KEY, failure=failure)
    refused = refuse_failed(state)
    assert (refused.code, refused.source) == (code, "a")


@each_case(
    "one, other",
    [("a/b", "a_b"), ("a b", "a/b"), ("..", "."), ("", "_"), ("é", "è"), ("a" * 81, "a" * 82)],
)
def test_no_two_ids_share_a_folder_and_none_leaves_it(one: str, other: str) -> None:
    names = {name_folder(one), name_folder(other)}
    assert len(names) == 2
    assert not any("/" in name or name in (".", "..", "") or len(name) > 80 for name in names)


@each_case("case_id", ["CON", "nul", "Aux.b", "com1", "LPT9.nii"])
def test_no_folder_has_a_name_that_windows_reserves(case_id: str) -> None:
    """https://learn.microsoft.com/windows/win32/fileio/naming-a-file: also with an extension."""
    name = name_folder(case_id)
    assert "~" in name
    assert "." not in name


@each_case("case_id", ["case-001", "console", "com10", "nul-1", "CRLM-CT-1001", "a.b_c", "x" * 80])
def test_a_safe_id_is_the_name_of_its_folder(case_id: str) -> None:
    assert name_folder(case_id) == case_id


@pytest.mark.parametrize("file", ["cohort.json", "cases/a/state.json", "cases/a/plan.json"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"schema": "another"}'], ids=str)
def test_h14_a_file_that_no_run_wrote_is_refused(
    tmp_path: Path, file: str, content: bytes | None
) -> None:
    write_run(tmp_path, [("a", PLANNED)])
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)
    elif file.endswith("state.json"):
        return  # then the case was not tried
    with refuses("cohort.unreadable") as refused:
        [*read_results(tmp_path)]
    assert file.endswith(refused.value.source)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "b"},
        {"status": "refused"},
        {"status": "failed"},
        {"failure": "the worker was killed"},
    ],
    ids=str,
)
def test_h11_a_result_that_states_two_things_is_refused(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    write_run(tmp_path, [("a", PLANNED)])
    state = find_folder(tmp_path, "a") / "state.json"
    told = {"schema": "fl_planner.cohort.case/1", "id": "a", "status": "planned", "key": KEY}
    state.write_bytes(json.encode(told | changed))
    with refuses("cohort.result"):
        [*read_results(tmp_path)]
