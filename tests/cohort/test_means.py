"""What a cohort is planned with: what is refused, and what workers hear of Ctrl-C."""

import json
import os
import signal
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis import extras
from fl_planner.cohort.engine import engine
from fl_planner.cohort.engine.engine import Means, _read_jobs, connecting
from fl_planner.cohort.engine.sandbox import starting_workers
from fl_planner.formats.stored.temporary import SAFE_PATH
from tests.cases import each_case
from tests.cli.outside import ask
from tests.cohort.cohorts import small_cases
from tests.refusals import refuses

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries that are not ours


@each_case(
    "words, source",
    {
        "memory": (("--memory-limit", "0.1"), "--memory-limit"),
        "no number": (("--memory-limit", "lots"), "--memory-limit"),
        "nan": (("--memory-limit", "nan"), "--memory-limit"),
        "infinite": (("--time-limit", "inf"), "--time-limit"),
        "empty": (("--scheme", ""), "--scheme"),
        "time": (("--time-limit", "0"), "--time-limit"),
        "slurm": (("--slurm", "queue"), "--slurm"),
        "both": (("--slurm", "queue=x", "--scheduler", "tcp://h:1"), "--scheduler"),
        "workers": (("--workers", "2", "--scheduler", "tcp://h:1"), "--workers"),
        "layout": (("--layout", "bids"), "--layout"),
        "alike": (("--no-tumour",), "--no-tumour"),
        "segments": (("--remnant-segments", "9"), "--remnant-segments"),
        "trials": (("--trials", "nowhere"), "nowhere"),
    },
)
def test_what_does_not_fit_is_refused_before_any_case(
    words: tuple[str, ...], source: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("c")
    (case,) = small_cases(folder / "in", 1)
    ran = ask("cohort", case, "--out", folder / "out", "--json", *words)
    assert (ran.status, json.loads(ran.out)["refusal"]["file"]) == (2, source)
    assert not (folder / "out").exists()


def test_a_scheduler_that_does_not_answer_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(engine, "REACH_S", 0.2)
    with (
        refuses("cohort.scheduler", "tcp://127.0.0.1:9"),
        connecting(Means(scheduler="tcp://127.0.0.1:9")),
    ):
        pytest.fail("nobody answers there")


def test_workers_that_cannot_begin_are_refused_with_each_cause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distributed = pytest.importorskip("distributed")

    def fail(**_: object) -> None:
        raise RuntimeError("Nanny failed to start.")  # as where 32 files may be open

    monkeypatch.setattr(distributed, "LocalCluster", fail)
    with refuses("cohort.no_worker", "this computer") as refusal, connecting(Means(workers=1)):
        pass
    assert "open files" in refusal.value.remedy
    assert "__main__" in refusal.value.remedy
    assert "loopback network interface" in refusal.value.remedy


def test_after_a_cohort_the_environment_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every later process of who called it would not import from its working folder."""
    pytest.importorskip("distributed")
    (name,) = SAFE_PATH
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(engine, "_reach", lambda *_: nullcontext())
    with connecting(Means(scheduler="tcp://127.0.0.1:9")):
        assert os.environ[name] == "1"
    assert name not in os.environ


def test_jobs_of_slurm_have_memory_for_a_case_a_core() -> None:
    told = _read_jobs(Means(slurm=(("queue", "long"), ("cores", "4")), memory_limit=2.0))
    assert told == {
        "queue": "long", "cores": 4, "processes": 1, "memory": f"{9 << 30}B",
    }  # fmt: skip
    with refuses("usage.wrong", "--slurm"):
        _read_jobs(Means(slurm=(("qeue", "long"),)))
    for cores in ("two", "0", "-1", "1.5", "10000", "\u0664"):
        with refuses("usage.wrong", "--slurm", says=f"cores={cores} is not a whole number"):
            _read_jobs(Means(slurm=(("cores", cores),)))


@each_case(
    "extra, require",
    {
        "cluster": ("cluster", extras.require_cluster),
        "dask-jobqueue": ("dask-jobqueue", extras.require_queue),
        "bokeh": ("bokeh", extras.require_dashboard),
    },
)
def test_what_is_not_installed_is_refused_by_its_name(
    extra: str, require: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with refuses("extra.missing", extra):
        require()


def test_ctrl_c_while_workers_begin_is_reported_when_they_have() -> None:
    reached: list[str] = []

    def begin() -> None:
        with starting_workers():
            os.kill(os.getpid(), signal.SIGINT)
            os.write(2, b"what workers print goes nowhere")
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert reached == ["the end"]
