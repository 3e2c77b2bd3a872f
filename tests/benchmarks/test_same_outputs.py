"""The net under a rewrite of the outputs: each change that the outside could see is found."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from benchmarks.same_outputs.__main__ import choose, collect, report
from benchmarks.same_outputs.kept import Kept, leave_out_texts
from benchmarks.same_outputs.programs import Programs
from benchmarks.same_outputs.scene import Scene
from benchmarks.same_outputs.scenes import WRITTEN, list_written
from fl_planner.calculator.formula import every_formula
from fl_planner.cli import planner
from fl_planner.cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PLANNER = """
import pathlib, sys
from datetime import UTC, datetime
argv = sys.argv[1:]
if argv == ["--version"]:
    print("fl-planner, version NUMBER")
elif argv[0] == "write":
    pathlib.Path("made").mkdir()
    pathlib.Path("made/plan.json").write_text('{\\n "ml": 1560,\\n "percent": 29.96\\n}\\n')
    pathlib.Path("made/plan.png").write_bytes(b"\\x89PNG\\xff\\x00\\x01")
    pathlib.Path("log.sqlite").write_text(str(datetime.now(UTC)))
else:
    print("version NUMBER in", pathlib.Path.cwd(), "at", datetime.now(UTC).isoformat())
    print("typed:", sys.stdin.read(), pathlib.Path(argv[1]).name)
    print("a hint", file=sys.stderr)
    raise SystemExit(2)
"""
SCENES = (
    Scene("one/files", ("write",)),
    Scene("one/streams", ("ask @mask.nii > 1.txt", "ask @mask.nii < 1.txt")),
)


def collected(folder: Path, version: str = "0.1.0", mask: str = "mask") -> Path:
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / "mask.nii").write_text(mask)
    script = folder.parent / f"{folder.name}.py"
    script.write_text(PLANNER.replace("NUMBER", version), "utf-8")
    collect(folder, Programs([sys.executable, str(script)], [sys.executable]), SCENES, 2)
    return folder


def differences(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str], played: str = "2 scenes"
) -> list[str]:
    """List what is told to differ, after the exit status was looked at."""
    capsys.readouterr()
    status = report(Kept.of(before), Kept.of(after), re.compile(""))
    *told, total = capsys.readouterr().out.splitlines()
    assert status == (1 if told else 0)
    assert told or total == f"0 differences in 0 of {played}; 0 inputs"
    return told


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collected(tmp_path_factory.mktemp("before") / "kept")


@pytest.fixture
def after(before: Path, tmp_path: Path) -> Path:
    return shutil.copytree(before, tmp_path / "after")


@pytest.mark.essential
@pytest.mark.slow
def test_version_folder_and_moment_are_put_aside(
    before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = collected(tmp_path / "elsewhere", "0.2.0")
    assert differences(before, other, capsys) == []


def test_the_moment_a_case_was_opened_is_put_aside(before: Path, tmp_path: Path) -> None:
    def read(case: str) -> bytes:
        path = tmp_path / "case.json"
        path.write_text(case, "utf-8")
        return Kept.of(before).read(path)

    first = read('{"state":"ready","opened_s": 1764374400.25}')
    assert first == read('{"state":"ready","opened_s": 1764374407.5}')
    assert first != read('{"state":"closed","opened_s": 1764374400.25}')


def test_streams_are_taken_as_in_a_shell(before: Path) -> None:
    kept = before / "runs" / "one" / "streams"
    first = (kept / "1.stdout").read_text("utf-8")
    assert first.endswith("typed:  mask.nii\n")
    assert (kept / "files" / "1.txt").read_text("utf-8") == first
    assert f"typed: {first}" in (kept / "2.stdout").read_text("utf-8")
    assert (kept / "2.stderr").read_text("utf-8") == "a hint\n"
    assert (kept / "2.status").read_text("utf-8") == "2\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("one/files/files/made/plan.json", b"29.96", b"29.97", "line 3 of 4, 1 differ"),
        ("one/files/files/made/plan.png", b"\x00\x01", b"\x00\x02", "differs from byte 6 on"),
        ("one/streams/2.status", b"2", b"0", "line 1 of 1, 1 differ"),
        ("one/streams/1.stderr", b"hint", b"Hint", "line 1 of 1, 1 differ"),
        ("one/streams/1.stdout", b"typed:", b"typed: ", "line 2 of 2, 1 differ"),
        ("one/files/files/made/plan.json", b"}\n", b"}", "line 4 of 4, 1 differ"),
    ],
    ids=["file", "picture", "status", "stderr", "blank", "line end"],
)
def test_a_changed_byte_is_found(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str], file: str, old: bytes,
    new: bytes, told: str,
) -> None:  # fmt: skip
    path = after / "runs" / file
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    first, *_ = differences(before, after, capsys)
    assert first.startswith(f"{file}: {told}")


def test_a_missing_and_a_new_file_are_found(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = after / "runs" / "one" / "files" / "files" / "made"
    (made / "plan.png").rename(made / "plan.svg")
    assert differences(before, after, capsys) == [
        "one/files/files/made/plan.png: is missing after",
        "one/files/files/made/plan.svg: was not there before",
    ]


def test_a_scene_that_was_not_played_is_reported(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(after / "runs" / "one" / "files")
    assert differences(before, after, capsys) == ["one/files: was not played after"]
    assert differences(after, before, capsys) == ["one/files: was not played before"]


def test_other_inputs_are_reported(
    before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = collected(tmp_path / "elsewhere", mask="another")
    told = "inputs/mask.nii: the two were not asked about the same"
    assert differences(before, other, capsys) == [told]


def test_what_was_collected_is_not_run_again(before: Path, after: Path) -> None:
    (scene,) = (one for one in SCENES if one.name == "one/streams")
    assert scene.is_kept(before)
    assert not Scene(scene.name, scene.commands[:1]).is_kept(before)
    assert not Scene(scene.name, (*scene.commands, "more")).is_kept(before)
    (after / "runs" / "one" / "streams" / "2.status").unlink()
    assert not scene.is_kept(after)


def test_each_third_scene_of_many_inputs_is_chosen() -> None:
    many = [Scene(f"bad/{number}", ("nothing",)) for number in range(7)]
    scenes = [*list_written(WRITTEN), *many]
    chosen = choose(scenes, "^bad|^help/all$", 3)
    assert [one.name for one in chosen] == ["help/all", "bad/0", "bad/3", "bad/6"]


@pytest.mark.slow
def test_a_fork_puts_out_what_a_whole_process_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "bsa.json").write_text('{"height_cm": "180", "weight_kg": 80}')
    asked = ("calc bsa --json < @bsa.json", "calc bsa < @bsa.json", "trials show dragon2 > t.txt")
    scenes = (Scene("real", (*asked, "volume --liver t.txt", "nothing", "schema volume")),)
    for name, warm in (("plain", False), ("warm", True)):
        (tmp_path / name / "inputs").mkdir(parents=True)
        shutil.copy(tmp_path / "bsa.json", tmp_path / name / "inputs")
        programs = Programs([sys.executable, "-m", "fl_planner"], [sys.executable], warm)
        collect(tmp_path / name, programs, scenes, 1)
    assert differences(tmp_path / "plain", tmp_path / "warm", capsys, "1 scenes") == []
    kept = tmp_path / "warm" / "runs" / "real"
    assert [(kept / f"{n}.status").read_text() for n in (1, 4, 5)] == ["0\n", "2\n", "2\n"]


def test_every_command_and_every_formula_is_in_the_net() -> None:
    asked = {" ".join(line.split()) for scene in list_written(WRITTEN) for line in scene.commands}
    for command in COMMANDS:
        assert f"{command} --help" in asked
        assert any(line.startswith(f"{command} @") or line == command for line in asked), command
    for formula in every_formula():
        assert f"calc {formula.name} --help" in asked


def options(name: str, command: click.Command) -> Iterator[tuple[str, click.Option]]:
    """List the options of a command, or of those within it; formulas have tests of their own."""
    if isinstance(command, click.Group) and name != "calc":
        context = click.Context(command)
        for one in command.list_commands(context):
            within = command.get_command(context, one)
            assert within is not None
            yield from options(f"{name} {one}", within)
    else:
        yield from ((name, one) for one in command.params if isinstance(one, click.Option))


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_net(name: str) -> None:
    lines = [line for scene in list_written(WRITTEN) for line in scene.commands]
    command = planner.get_command(click.Context(planner), name)
    assert command is not None
    for called, option in options(name, command):
        typed = {word for line in lines if line.startswith(f"{called} ") for word in line.split()}
        assert typed & {*option.opts, *option.secondary_opts}, f"{called} {option.opts[0]}"


@pytest.mark.parametrize(
    ("name", "first", "second", "same"),
    [
        ("plan.json", b'{"says": "a cut of 5 mm"}', b'{"says": "cut by 5 mm"}', True),
        ("plan.json", b'{"says": "a cut of 5 mm"}', b'{"says": "a cut of 6 mm"}', False),
        ("plan.json", b'{"answer": "below"}', b'{"answer": "above"}', False),
        ("plan.json", b'{"flr_ml": 5}', b'{"flr": 5}', False),
        ("1.stdout", b"mask.empty: no voxel\nin 2 files", b"mask.empty: 2 files empty", True),
        ("1.stdout", b"mask.empty: 2 files", b"mask.shape: 2 files", False),
        ("a.csv", b"id,says\np1,a new text\n", b"id,says\np1,another text\n", True),
        ("a.csv", b"id,answer\np1,below\n", b"id,answer\np1,above\n", False),
        ("plan.png", b"\xff\x00", b"\xff\x01", False),
    ],
)  # fmt: skip
def test_reworded_texts_differ_in_words_alone(
    name: str, first: bytes, second: bytes, same: bool
) -> None:
    assert (leave_out_texts(name, first) == leave_out_texts(name, second)) is same


def test_what_differs_in_words_alone_is_counted(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = after / "runs" / "one" / "streams" / "1.stderr"
    told.write_text("a remark\n", "utf-8")
    capsys.readouterr()
    assert report(Kept.of(before), Kept.of(after), re.compile(""), texts=False) == 0
    counted, total = capsys.readouterr().out.splitlines()
    assert counted == "1 differences in words alone"
    assert total == "0 differences in 0 of 2 scenes; 0 inputs"
