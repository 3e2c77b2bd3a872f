"""Processes that are killed under a cohort: nothing is lost, nothing counted twice."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cases import of_many
from tests.cli.outside import REPOSITORY
from tests.cohort.cohorts import left, run, small_cases

pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
CASES = 12
Process = subprocess.Popen[bytes]


@contextmanager
def started(*words: object) -> Iterator[Process]:
    """Start Python; what still runs at the end is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # all of it has ended
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def scheduler_by_hand() -> Iterator[tuple[str, Process]]:
    """Start `dask scheduler` as a person does, and read the address that it prints."""
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", ":0")
    with started("dask", "scheduler", *words) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(rb"tcp://127\.0\.0\.1:\d+", line):
                yield found[0].decode(), process
                return
        pytest.fail("it told no address")


@contextmanager
def worker_by_hand(address: str) -> Iterator[Process]:
    """Start `dask worker` as a person does."""
    words = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1")
    with started("dask", "worker", address, *words) as process:
        yield process


def wait_for(out: Path, count: int) -> None:
    """Wait until some cases are kept."""
    end = time.monotonic() + 60
    while len([*out.glob("cases/*/state.json")]) < count:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], dict[str, bytes]]:
    """Give cases, and what an unbroken run on local processes leaves of them."""
    folder = tmp_path_factory.mktemp("cohort")
    cases = small_cases(folder / "in", CASES)
    words = ("fl_planner", "cohort", *cases, "--out", folder / "whole", "--workers", 2, "--quiet")
    with started(*words) as process:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, b"")
    assert f"{CASES} planned" in out.decode()
    return cases, left(folder / "whole")


def test_workers_by_hand_give_the_same_bytes_though_one_is_killed(
    tmp_path: Path, cohort: tuple[list[Path], dict[str, bytes]]
) -> None:
    cases, whole = cohort
    with (
        scheduler_by_hand() as (address, _),
        worker_by_hand(address) as first,
        worker_by_hand(address),
    ):
        assert run(cases, tmp_path / "a", address).status == 0
        assert left(tmp_path / "a") == whole
        words = ("cohort", *cases, "--out", tmp_path / "b", "--scheduler", address)
        with started("fl_planner", *words) as client:
            wait_for(tmp_path / "b", 2)
            first.send_signal(signal.SIGKILL)
            client.communicate(timeout=120)
            assert client.returncode == 0
        assert left(tmp_path / "b") == whole


def test_a_scheduler_that_is_lost_is_reported_and_the_run_goes_on_with_another(
    tmp_path: Path, cohort: tuple[list[Path], dict[str, bytes]]
) -> None:
    cases, whole = cohort
    words = ["fl_planner", "cohort", *cases, "--out", tmp_path / "out", "--json", "--scheduler"]
    with (
        scheduler_by_hand() as (address, scheduler),
        worker_by_hand(address),
        started(*words, address) as client,
    ):
        wait_for(tmp_path / "out", 2)
        scheduler.send_signal(signal.SIGKILL)
        told, _ = client.communicate(timeout=120)
    assert client.returncode == 2
    assert json.loads(told)["refusal"]["code"] == "cohort.scheduler_lost"
    assert 2 <= len([*tmp_path.glob("out/cases/*/state.json")]) < CASES
    with started(*words[:-1], "--workers", 1) as client:
        told, _ = client.communicate(timeout=120)
    assert json.loads(told)["counts"]["held"] >= 2
    assert left(tmp_path / "out") == whole


@pytest.mark.parametrize("sign", of_many([signal.SIGINT], [signal.SIGKILL, signal.SIGINT]))
def test_a_client_that_is_ended_leaves_what_goes_on(
    sign: signal.Signals, tmp_path: Path, cohort: tuple[list[Path], dict[str, bytes]]
) -> None:
    cases, whole = cohort
    words = ("fl_planner", "cohort", *cases, "--out", tmp_path / "out", "--workers", 1, "--json")
    with started(*words) as client:
        wait_for(tmp_path / "out", 2)
        if sign is signal.SIGKILL:
            client.kill()
        else:
            os.killpg(client.pid, sign)  # as a terminal does
        _, err = client.communicate(timeout=60)
    if sign is not signal.SIGKILL:
        assert client.returncode == 130
        assert err.decode().strip().count("\n") == 0
    assert len([*tmp_path.glob("out/cases/*/state.json")]) < CASES
    with started(*words) as client:
        told, _ = client.communicate(timeout=120)
    assert client.returncode == 0
    assert json.loads(told)["counts"]["held"] >= 2
    assert left(tmp_path / "out") == whole


def test_a_script_without_a_guard_is_refused_and_ends(tmp_path: Path) -> None:
    """Each worker imports the script, which would begin a cohort of its own."""
    (case,) = small_cases(tmp_path / "in", 1)
    script = tmp_path / "script.py"
    call = f"fl_planner.cohort({str(case)!r}, {str(tmp_path / 'out')!r}, workers=1)"
    script.write_text(f"import fl_planner\nprint({call})\n", "utf-8")
    ran = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode != 0
    assert b"if __name__ == '__main__':" in ran.stderr
