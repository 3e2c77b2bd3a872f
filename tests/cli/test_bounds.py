"""Memory and processor time of a process are bounded; beyond, there is a refusal in words."""

import json
import os
import resource
import signal
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import fl_planner.cli as command_line
from fl_planner.basis.findings import InputRefused, TimeUsedUpError, naming
from fl_planner.screening import worklist
from fl_planner.web import desk
from fl_planner.web.cases import CaseRefusedError, Worker
from fl_planner.workup import many, memory_and_time_limits
from fl_planner.workup.judge import JudgedFile, judge_file
from fl_planner.workup.memory_and_time_limits import PAGE, BoundedProcess, ProcessBounds
from tests.browsers import run_apart
from tests.cli.outside import REPOSITORY
from tests.cli.test_streams import ENDLESS
from tests.niftis import write_nifti
from tests.web.hooks.hooked import Hooks

pytestmark = pytest.mark.slow

MIB = 1 << 20
BEGIN = """
import sys
import fl_planner.workup.memory_and_time_limits as bounds
import fl_planner.cli as command_line
{before}
sys.argv[0] = "fl-planner"
command_line.main()
"""
NARROW = "bounds.LIBRARIES = (2 << 30) - (110 << 20)"


def run(folder: Path, *args: str, before: str = "", data: int | None = None) -> dict[str, Any]:
    """Run a command that must be refused; `data` is what the system gives of memory."""

    def hold() -> None:
        if data is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (data, data))

    ended = subprocess.run(
        [sys.executable, "-c", BEGIN.format(before=before), *args],
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        preexec_fn=hold,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr[-500:]
    assert b"Traceback" not in ended.stderr
    return cast("dict[str, Any]", json.loads(ended.stdout)["refusal"])


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Write a mask of 8 kB whose voxels take 64 MiB, again and again."""
    voxels = np.zeros((400, 400, 400), dtype=np.uint8)
    voxels[1:-1, 1:-1, 1:-1] = 1
    write_nifti(tmp_path / "liver.nii.gz", voxels, (0.5, 0.5, 0.5))
    return tmp_path


def test_memory_that_is_used_up_is_a_refusal_of_the_file(large: Path) -> None:
    asked = ("volume", "--liver", "liver.nii.gz", "--no-tumour", "--json")
    refusal = run(large, *asked, data=130 * MIB)
    assert (refusal["code"], refusal["file"]) == ("limit.memory", "liver.nii.gz")
    assert "--size-limit" in refusal["remedy"]


def test_h16_a_command_bounds_its_own_memory(large: Path) -> None:
    asked = ("volume", "--liver", "liver.nii.gz", "--no-tumour", "--json")
    assert run(large, *asked, before=NARROW)["code"] == "limit.memory"


def test_h16_time_that_is_used_up_is_a_refusal(large: Path) -> None:
    asked = ("volume", "--liver", "liver.nii.gz", "--no-tumour", "--json")
    refusal = run(large, *asked, before="bounds.SECONDS = 0.2")
    assert refusal["code"] == "limit.time"


def test_a_list_that_takes_too_long_is_to_be_split(tmp_path: Path) -> None:
    rows = "".join(f"P{number},crlm\n" for number in range(2000))
    (tmp_path / "patients.csv").write_text(f"id,diagnosis\n{rows}", "utf-8")
    asked = ("screen", "patients.csv", "--json")
    refusal = run(tmp_path, *asked, before="bounds.SECONDS = 0.02")
    assert refusal["code"] == "limit.time"
    assert refusal["remedy"].startswith("split the list of patients into several files")


@pytest.mark.essential
def test_a_program_that_calls_us_keeps_its_own_limits(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    assert command_line.run(["volume", "--liver", str(tmp_path / "none.nii"), "--json"]) == 2
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.essential
def test_a_size_limit_widens_both() -> None:
    one, four = (ProcessBounds.of_command("plan", gib) for gib in (1, 4))
    assert one is not None
    assert four == ProcessBounds(4 * one.memory_gib, 4 * one.seconds)
    assert (one.memory_gib, one.seconds < 60) == (2, True)
    assert ProcessBounds.of_command("cohort") is None


def test_a_public_set_has_time_for_197_patients() -> None:
    """Half a second each: masks of 512 x 512 pixels are counted, and rows written to tables."""
    bounds = ProcessBounds.of_command("validate")
    assert bounds is not None
    assert bounds.seconds > 197 / 2


def test_h16_each_of_several_cases_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ProcessBounds.of_command("plan")
    assert one is not None
    monkeypatch.setattr(memory_and_time_limits, "_set_memory", lambda _: None)
    given: list[int] = []
    monkeypatch.setattr(memory_and_time_limits, "_limit_time", given.append)
    several = [f"none-{n}.toml" for n in range(40)]
    assert command_line.run(["plan", *several, "--csv"], BoundedProcess()) == 3
    assert given == [one.seconds] * 41  # as the command begins, and for each case
    given.clear()
    assert command_line.run(["plan", *several, "--csv", "--size-limit", "4"], BoundedProcess()) == 3
    assert given == [one.seconds] + [4 * one.seconds] * 41


def test_h16_a_case_that_uses_up_memory_costs_its_row_of_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other rows of the list are assessed."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(f'schema = 1\nid = "{name}"\n[facts]\necog = 1\n')
    monkeypatch.setattr(memory_and_time_limits, "_set_memory", lambda _: None)
    monkeypatch.setattr(memory_and_time_limits, "_limit_time", lambda _: None)

    def use_up(path: Path, **given: Any) -> JudgedFile:
        if path.name == "a.toml":
            raise MemoryError
        return judge_file(path, **given)

    monkeypatch.setattr(worklist, "judge_file", use_up)
    assert command_line.run(["screen", str(tmp_path), "--json"], BoundedProcess()) == 3
    record = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["code"]) for one in record["refused"]] == [("a", "limit.memory")]
    assert [one["id"] for one in record["rows"]] == ["b"]


@pytest.mark.essential
def test_a_service_has_no_time_limit_however_long_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_and_time_limits, "_set_memory", lambda _: None)
    given: list[int] = []
    monkeypatch.setattr(memory_and_time_limits, "_limit_time", given.append)
    for service in ENDLESS:
        BoundedProcess().begin(service)
    assert (len(ENDLESS), given) == (5, [])


SHORT = BEGIN.format(before="bounds.SECONDS = 0.2")  # loading a server takes longer


def test_hooks_answers_beyond_the_time_of_a_command(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = [sys.executable, "-c", SHORT, "hooks"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=env) as ran:
        try:
            assert ran.stderr is not None
            line = ran.stderr.readline()
            told = Hooks(int(line.split("127.0.0.1:")[1].split("/")[0])).get()
            ran.send_signal(signal.SIGTERM)
            _, err = ran.communicate(timeout=30)
        finally:
            ran.kill()
    assert (told.status, ran.returncode, "refused" in err) == (200, 0, False)


@pytest.mark.skipif(find_spec("mcp") is None, reason="the package mcp is missing")
def test_mcp_serves_beyond_the_time_of_a_command(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = [sys.executable, "-c", SHORT, "mcp", "."]
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, cwd=tmp_path, env=env, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("ended", "required"),
    [
        (MemoryError, "more memory is required than is available"),
        (TimeUsedUpError, "more than 55 s of processor time is required"),
    ],
)
def test_h16_a_case_that_takes_all_stops_none_of_the_others(
    ended: type[BaseException],
    required: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def plan(case: Path, _: object) -> None:
        if case.name == "b.toml":
            raise ended
        reason = "was planned"
        raise InputRefused("case.unreadable", case.name, reason, "nothing")

    monkeypatch.setattr(many, "_plan_one", plan)
    held = BoundedProcess()
    try:
        assert command_line.run(["plan", "a.toml", "b.toml", "c.toml", "--csv"], held) == 3
    finally:
        held.end()
    told = capsys.readouterr().err
    assert told.count("was planned") == 2
    assert f"b.toml: {required}" in told


def test_h16_a_file_that_takes_all_stops_none_of_those_checked_next_to_it(large: Path) -> None:
    shape = (4, 4, 4)
    for name in ("a.nii", "z.nii"):
        write_nifti(large / name, np.ones(shape, dtype=np.uint8), (1.0, 1.0, 1.0))
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN.format(before=NARROW), "check",
         "a.nii", "liver.nii.gz", "z.nii", "--json"],
        capture_output=True, cwd=large, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )  # fmt: skip
    files = {one["file"]: one for one in json.loads(ended.stdout)["files"]}
    assert ended.returncode == 0
    assert files["liver.nii.gz"]["refusal"]["code"] == "limit.memory"
    assert not any(files[name].get("refusal") for name in ("a.nii", "z.nii"))


def test_h16_what_is_read_is_named() -> None:
    for ended in (MemoryError(), TimeUsedUpError()):
        try:
            with naming("liver.nii.gz"):
                raise ended
        except (MemoryError, TimeUsedUpError) as told:
            refused = BoundedProcess().as_refusal(told, "volume")
        assert refused.source == "liver.nii.gz"
    assert BoundedProcess().as_refusal(MemoryError(), "volume").source == "volume"


class _Short:
    def record(self) -> bytes:
        raise MemoryError


@pytest.mark.essential
def test_a_case_of_the_page_refuses_what_takes_all_memory() -> None:
    mine, theirs = get_context("spawn").Pipe()
    held = BoundedProcess(PAGE)
    desk._answer(theirs, desk._Attending(cast("Any", _Short()), held), "record", ())
    kind, told = mine.recv()
    assert (kind, told["code"]) == (desk.REFUSED, "limit.memory")


def test_h16_each_process_of_the_page_is_bounded(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    try:
        with pytest.raises(CaseRefusedError):  # nothing was read; it answers bounded
            run_apart(partial(worker.ask, "checked", within_s=60))
        limits = Path(f"/proc/{worker._process.pid}/limits").read_text()
        (line,) = (one for one in limits.splitlines() if "data size" in one)
        assert int(line.split()[3]) < 2 << 30
    finally:
        worker.end()
