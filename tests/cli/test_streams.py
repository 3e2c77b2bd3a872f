"""Every command where its output cannot be written: a full disk, a pipe that was closed, none.

Each runs in a process of its own, forked from one that has loaded what they need.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fl_planner.cli.commands import COMMANDS
from tests.cases import of_many
from tests.cli.outside import BUNDLED, REPOSITORY, Cube, case_toml, commands
from tests.workup.agreement.readers import write_readers

pytestmark = pytest.mark.slow

FULL = "refused: stdout: cannot be written: No space left on device; free up disk space\n"
FORKED = """
import json, os, sys, tempfile
import numpy, rich.console, click, fl_planner.cli
import fl_planner.intake.request.request, fl_planner.report.terminal.plan, fl_planner.planning.plan

def end(way, to):
    if way == "full":
        os.dup2(os.open("/dev/full", os.O_WRONLY), to)
    elif way == "left":
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, to)
    elif way == "closed":
        os.close(to)
    else:
        os.dup2(os.open(way, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), to)

for number, (args, out, err) in enumerate(json.loads(sys.stdin.read())):
    child = os.fork()
    if child == 0:
        end(err if err != "kept" else f"err{number}", 2)
        end(out if out != "kept" else f"out{number}", 1)
        sys.argv = ["fl-planner", *args]
        for name, to in (("stdout", 1), ("stderr", 2)):
            try:
                setattr(sys, name, os.fdopen(os.dup(to), "w"))
            except OSError:
                setattr(sys, name, None)
        try:
            fl_planner.cli.main()
        except SystemExit as left:
            status = left.code or 0
        except BaseException:
            import traceback
            open(f"err{number}", "a").write(traceback.format_exc())
            status = 1
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Asked = tuple[list[str], str, str]  # arguments, and how stdout and stderr end


def run_all(folder: Path, asked: list[Asked]) -> list[tuple[int, str]]:
    """Run commands one after the other; give the status of each, and what stderr holds."""
    ran = subprocess.run(
        [sys.executable, "-c", FORKED],
        input=json.dumps(asked),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    errors = [folder / f"err{number}" for number in range(len(asked))]
    told = [path.read_text("utf-8") if path.exists() else "" for path in errors]
    return [*zip(map(int, ran.stdout.split()), told, strict=True)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    for name in ("crlm", "function"):
        shutil.copytree(BUNDLED / name, folder / name)
    shutil.copytree(BUNDLED / "crlm", folder, dirs_exist_ok=True)
    write_readers(folder)
    for name in ("R1", "R2"):
        (folder / name).rename(folder / ("one" if name == "R1" else "two"))
    (folder / "facts.json").write_text('{"crlm_present": true}', "utf-8")
    (folder / "list.csv").write_text("id,ecog\na,1\nb,x\n", "utf-8")
    masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\n'
    for month, side in ((5, 20), (6, 21), (7, 20)):
        (folder / f"{month}").mkdir()
        Cube(side).write(folder / f"{month}", flr=(0, 2400))
        text = f"{masks}[imaging]\ndate = 2026-0{month}-04\n"
        text += '[embolisation]\ndate = 2026-05-05\nkind = "PVE"\n'
        case_toml(folder / f"{month}", text)
    first: list[Asked] = [
        (["plan", "case.toml", "--json", "--log", "log.sqlite"], "plan.json", "kept"),
        (["screen", "list.csv", "--as-of", "2026-11-20", "--json"], "kept", "kept"),
    ]
    assert [status for status, _ in run_all(folder, first)] == [0, 3]
    return folder


MASKS = ["--liver", "liver.nii.gz", "--tumour", "tumour.nii.gz", "--labelmap", "segments.nii.gz"]
REAL = {
    "agree": ["one", "two", "--no-tumour"],
    "calc": ["bsa", "--height-cm", "180", "--weight-kg", "80"],
    "carry": ["--from", "7/case.toml", "--to", "7/case.toml", "--rigid", "--out", "OUT"],
    "check": ["liver.nii.gz"],
    "cohort": ["none.toml", "--out", "OUT"],
    "convert": ["liver.nii.gz", "--to", "OUT.nii.gz"],
    "demo": [],
    "dose": [*MASKS, "--treat-tumour", "--lung-shunt", "0.05", "--tumour-to-normal", "4"],
    "dossier": ["--out", "OUT"],
    "function": ["function/function.toml"],
    "growth": ["5/case.toml", "6/case.toml"],
    "log": ["log.sqlite"],
    "new-case": ["OUT.toml", "--no-ask"],
    "new-centre": ["--out", "OUT.toml", "--name", "here", "--as-of", "2026-11-20", "--no-ask"],
    "outcome": ["log.sqlite", "crlm-demo", "NCT06857773", "approached"],
    "pictures": ["5/case.toml", "--out", "OUT"],
    "plan": ["case.toml"],
    "report": ["5/case.toml", "--out", "OUT.html"],
    "spect-shift": ["function/function.toml", "--out", "OUT"],
    "resections": ["case.toml"],
    "schema": ["plan"],
    "screen": ["list.csv", "--as-of", "2026-11-20"],
    "settings": [],
    "trials": ["judge", "facts.json"],
    "validate": ["crlm", "--typed"],
    "verify": ["plan.json", "case.toml"],
    "volume": ["--liver", "liver.nii.gz"],
}
SILENT = {
    "report",
    "pictures",
    "new-case",
    "new-centre",
    "convert",
}  # they may print nothing but hints
ENDLESS = {"serve", "listen", "watch", "mcp", "hooks"}  # run until they are stopped
REMOTE = {"archive", "segment", "cohort merge"}  # need an archive, an engine or shards
LONG = {"dossier", "spect-shift"}  # half of the time of all
SOME = of_many([one for one in REAL if one not in LONG], [*REAL])
JSON = {"volume", "calc", "schema", "verify", "log", "check", "resections"}


def real(command: str, way: str) -> list[str]:
    """Give the arguments of a real run; what it writes to a file is of its own."""
    args = [arg.replace("OUT", f"{command}-{way}") for arg in REAL[command]]
    return [command, *args, *(["--json"] if command in JSON else [])]


@pytest.mark.essential
def test_the_list_of_real_runs_is_whole() -> None:
    assert set(REAL) == set(COMMANDS) - ENDLESS - REMOTE


def test_an_answer_on_a_full_disk_is_reported_and_is_none(tmp_path: Path) -> None:
    asked: list[Asked] = [(["--help"], "full", "kept"), (["schema", "plan"], "full", "kept")]
    assert run_all(tmp_path, asked) == [(2, FULL)] * 2


@pytest.mark.parametrize(("way", "status", "said"), [("full", 2, FULL), ("left", 0, "")])
def test_help_where_nothing_can_be_written(
    way: str, status: int, said: str, tmp_path: Path
) -> None:
    asked: list[Asked] = [([*words, "--help"], way, "kept") for words in commands()]
    assert run_all(tmp_path, asked) == [(status, said)] * len(asked)


def test_a_full_disk_is_reported_in_one_line_and_is_no_answer(place: Path) -> None:
    asked: list[Asked] = [(real(one, "full"), "full", "kept") for one in SOME]
    told = dict(zip(SOME, run_all(place, asked), strict=True))
    silent = {one for one in SOME if told[one][0] == 0}  # nothing to print, nothing lost
    assert silent <= SILENT
    for one in set(SOME) - silent:
        status, said = told[one]
        assert (one, status, said[-len(FULL) :]) == (one, 2, FULL)
        assert "Traceback" not in said


def test_a_reader_that_left_changes_no_answer(place: Path) -> None:
    asked: list[Asked] = [(real(one, "left"), "left", "kept") for one in SOME]
    asked += [(["plan", "none.toml", "--json"], "left", "kept")]
    *answers, refused = run_all(place, asked)
    told = dict(zip(SOME, answers, strict=True))
    statuses = {one: status for one, (status, _) in told.items()}
    assert statuses == {one: 3 if one in ("cohort", "screen") else 0 for one in SOME}
    assert not [one for one, (_, said) in told.items() if "Traceback" in said or "stdout" in said]
    assert refused == (2, "")


@pytest.mark.parametrize(
    "way", [pytest.param("full", marks=pytest.mark.essential), "left", "closed"]
)
def test_where_no_error_can_be_reported_the_status_states_it(way: str, place: Path) -> None:
    asked: list[Asked] = [
        (["plan", "case.toml"], "kept", way),
        (["plan", "none.toml"], "kept", way),
        (["plan", "none.toml", "--json"], "kept", way),
        (["no-such-command"], "kept", way),
        ([], "kept", way),
        (["plan", "case.toml"], "full", way),
        (["screen", "list.csv", "--as-of", "2026-11-20"], "kept", way),
    ]
    assert [status for status, _ in run_all(place, asked)] == [0, 2, 2, 2, 2, 2, 3]


@pytest.mark.essential
def test_without_standard_output_an_answer_is_refused_in_one_line(place: Path) -> None:
    asked: list[Asked] = [(["plan", name], "closed", "kept") for name in ("case.toml", "no.toml")]
    (answered, refused) = run_all(place, asked)
    said = " ".join(answered[1].split())
    lost = "stdout: cannot be written: stdout is closed; redirect the output to a file"
    assert (answered[0], said) == (2, f"refused: {lost}")
    assert refused == (2, "refused: no.toml: no such file; check the path\n")
