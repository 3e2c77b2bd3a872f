"""How far long work is: a bar on a terminal, nothing anywhere else, and gone when it is done."""

import io
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

import fl_planner.cli.output as rooms
import fl_planner.screening.worklist
import fl_planner.workup.files.check
import fl_planner.workup.growth
from fl_planner.basis.run import begin_step, each_counted, listening
from fl_planner.cli import run
from fl_planner.cli.output import Progress, showing
from tests.basis.heard import Heard
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml, real
from tests.cli.terminal import PATIENCE_S, Screen, held, on_a_terminal, screen_of
from tests.workup.test_scans import EMBOLISATION, write_case

CRLM = BUNDLED / "crlm" / "case.toml"
LONG = (  # commands whose work may take long
    "plan", "report", "pictures", "screen", "resections", "convert", "check", "dose", "function",
    "growth", "volume", "verify", "demo", "trials judge", "carry",
    "agree", "spect-shift", "segment", "dossier",
)  # fmt: skip
ROWS = "id,ecog\np1,0\np2,1\np3,2\n"


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what is written to it."""

    def isatty(self) -> bool:
        """Say so."""
        return True

    def wait_for(self, text: str) -> None:
        """Wait until a text was shown."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.getvalue():
            assert time.monotonic() < end, (text, self.getvalue())
            time.sleep(0.01)

    @property
    def screen(self) -> Screen:
        """What a person sees there now."""
        return screen_of(self.getvalue())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make a terminal, on which a bar appears at once."""
    made = Terminal()
    monkeypatch.setattr(rooms, "DELAY_S", 0.0)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return made


@contextmanager
def shown(
    terminal: io.StringIO | None, first: str = "reading files", *, quiet: bool = False
) -> Iterator[Progress]:
    """Show work on a terminal in place of stderr; pytest puts its own there before each test."""
    with redirect_stderr(terminal), showing(first, quiet=quiet) as progress:
        yield progress


def run_on(terminal: Terminal, *args: object) -> int:
    """Run a command in this process with its errors on a terminal."""
    with redirect_stderr(terminal), redirect_stdout(TextIOWrapper(BytesIO())):
        return run([str(arg) for arg in args])


def slowly(
    monkeypatch: pytest.MonkeyPatch, room: object, name: str, wait: Callable[[], None]
) -> None:
    """Let a function wait for something before it works."""
    quick = getattr(room, name)

    def slow(*args: Any, **kwargs: Any) -> Any:
        wait()
        return quick(*args, **kwargs)

    monkeypatch.setattr(room, name, slow)


def each_waits(terminal: Terminal, *texts: str) -> Callable[[], None]:
    """Wait for the next of these texts at each call."""
    left = iter(texts)
    return lambda: terminal.wait_for(next(left))


# the bar


def test_the_step_is_shown_while_it_lasts_and_nothing_is_left(terminal: Terminal) -> None:
    with shown(terminal):
        terminal.wait_for("reading files")
        begin_step("resections")
        terminal.wait_for("resections")
        assert "resections" in terminal.screen.text
        assert not terminal.screen.cursor
    assert terminal.screen == Screen("", cursor=True)


@pytest.mark.slow
def test_things_are_counted(terminal: Terminal) -> None:
    with shown(terminal, "reading the list"):
        for number, thing in enumerate(each_counted("ab", "patient"), start=1):
            terminal.wait_for(f"patient {number} of 2")
            # without the step of the one before
            assert terminal.screen.text.endswith(f"patient {number} of 2")
            begin_step(f"step {thing}")
            terminal.wait_for(f"patient {number} of 2: step {thing}")
        begin_step("the rest")
        terminal.wait_for("the rest")
        assert "of 2" not in terminal.screen.text
    assert terminal.screen == Screen("", cursor=True)


def test_stdout_stays_what_it_was(terminal: Terminal) -> None:
    with redirect_stdout(Terminal()) as out, shown(terminal):
        terminal.wait_for("reading files")
        assert sys.stdout is out
    assert out.getvalue() == ""


def test_the_bar_is_as_long_as_what_is_done(terminal: Terminal) -> None:
    """Of four things half are done while the third is at hand: 10 of 20 columns."""
    with shown(terminal):
        things = each_counted("abcd", "file")
        for _ in range(3):
            next(things)
        terminal.wait_for("file 3 of 4")
        assert re.match("━{10}╺━{9} ", terminal.screen.text)
    assert terminal.screen == Screen("", cursor=True)


@pytest.mark.parametrize("wrong", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_bar_goes_whatever_happens(terminal: Terminal, wrong: type[BaseException]) -> None:
    def work() -> None:
        with shown(terminal):
            terminal.wait_for("reading files")
            raise wrong

    with pytest.raises(wrong):
        work()
    assert terminal.screen == Screen("", cursor=True)


def test_quick_work_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "DELAY_S", 3600.0)
    with shown(terminal):
        begin_step("lesions")
    assert terminal.getvalue() == ""


def test_quick_is_less_than_a_second() -> None:
    assert 0.5 <= rooms.DELAY_S <= 1


def test_quiet_shows_nothing(terminal: Terminal) -> None:
    with shown(terminal, quiet=True):
        for _ in each_counted("ab", "file"):
            begin_step("lesions")
        time.sleep(0.05)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_nothing_is_shown_where_there_is_no_terminal(
    stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "DELAY_S", 0.0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # asks for colour, not for a bar in a file
    with shown(stream):
        time.sleep(0.05)
    assert stream is None or stream.getvalue() == ""


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TTY_INTERACTIVE", "0")])
def test_a_terminal_that_cannot_take_a_line_back_gets_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with shown(terminal):
        time.sleep(0.05)
    assert terminal.getvalue() == ""


def test_no_color_is_heeded(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with shown(terminal):
        terminal.wait_for("reading files")
    assert not re.search(r"\x1b\[[0-9;]*(?<![0-9])(3[0-8]|4[0-8]|9[0-7])[;m]", terminal.getvalue())


# what it says


@pytest.mark.slow
def test_steps_name_no_file_and_no_patient(tmp_path: Path) -> None:
    name = "Mueller_19500101"
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    for role in ("liver", "flr", "tumour"):
        (tmp_path / f"{role}.nii").rename(tmp_path / f"{name}_{role}.nii")
    masks = "".join(f'{role} = "{name}_{role}.nii"\n' for role in ("liver", "flr", "tumour"))
    case = case_toml(tmp_path, f'id = "{name}"\n[masks]\n{masks}', f"{name}.toml")
    with listening(heard := Heard()):
        assert ask("plan", case, "--picture", tmp_path / f"{name}.png").status == 0
        assert ask("report", case, "--out", tmp_path / f"{name}.html").status == 0
        assert ask("convert", tmp_path / f"{name}_flr.nii", "--to", tmp_path / "a.nii").status == 0
    assert {"picture", "pictures: sections", "page layout", "writing"} <= {*heard.steps}
    for step in heard.steps:
        assert re.fullmatch("[A-Za-z_: ]+", step)
        assert "mueller" not in step.lower()


@pytest.mark.essential
@pytest.mark.slow
def test_steps_come_in_the_order_of_the_work() -> None:
    with listening(heard := Heard()):
        assert ask("resections", CRLM).status == 0
    assert heard.steps == [
        *("comparing files", "checking masks", "checking segments", "volumes", "checking the CT"),
        *("lesions", "resections", "planned operations", "uncertainty of the shares"),
        "limits and trials",
    ]


# commands


WORKLIST = (fl_planner.screening.worklist, "_screen")
CHECK = (fl_planner.workup.files.check, "_check")
SCANS = (fl_planner.workup.growth, "_read_point")
COUNTED: dict[str, tuple[tuple[object, str], list[str], str]] = {
    "screen patients.csv --json": (WORKLIST, [f"patient {n} of 3" for n in (1, 2, 3)], ""),
    "check liver.nii flr.nii": (CHECK, ["file 1 of 2", "file 2 of 2"], ""),
    "growth before.toml after.toml --json": (SCANS, ["scan 1 of 2", "scan 2 of 2"], ""),
    "report after.toml --earlier before.toml --out report.html": (
        SCANS, ["scan 1 of 2", "scan 2 of 2"], "report: report.html",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("words", COUNTED)
def test_things_are_counted_on_a_terminal(
    words: str, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("patients.csv").write_text(ROWS, "utf-8")
    SMALL.write(tmp_path, flr=(0, 2400))
    write_case(tmp_path, "before", "2026-02-20", 2400)
    write_case(tmp_path, "after", "2026-03-23", 4000, EMBOLISATION)
    place, told, left = COUNTED[words]
    slowly(monkeypatch, *place, each_waits(terminal, *told))
    assert run_on(terminal, *words.split()) == 0
    assert terminal.screen == Screen(left, cursor=True)


@pytest.mark.parametrize("words", LONG)
def test_every_long_command_can_be_quiet_and_states_this_alike(words: str) -> None:
    shown = " ".join(ask(*words.split(), "--help").out.split())
    assert "--quiet Print only the result, without progress or messages." in shown


# as a person runs it


@pytest.mark.slow
def test_a_plan_on_a_terminal_prints_the_same_bytes(tmp_path: Path) -> None:
    for form in (["--json"], []):
        args = ["plan", str(CRLM), *form]
        before = held("fl_planner.intake.request.read_case", "read_anatomy")
        with on_a_terminal(args, cwd=tmp_path, before=before) as running:
            running.wait_until_held()
            running.wait_for("reading files")
            running.go_on()
            assert running.end() == 0
        assert running.out == ask(*args).stdout
        assert running.screen == Screen("", cursor=True)


EMPTY = (
    "refused: liver.nii: the file is empty (0 bytes); export the file again from the\n"
    "program that created it, or copy it again"
)


@pytest.mark.essential
@pytest.mark.slow
def test_a_refusal_is_alone_where_the_bar_was(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path)
    before = held("fl_planner.intake.request.read_case", "read_anatomy")
    before += "open('liver.nii', 'wb').close()\n"  # it is there, and nothing is in it
    with on_a_terminal(["volume", *masks], cwd=tmp_path, before=before) as running:
        running.wait_until_held()
        running.wait_for("reading files")
        running.go_on()
        assert running.end() == 2
    assert running.out == b""
    assert running.screen == Screen(EMPTY, cursor=True)


TELL = "import atexit\natexit.register(lambda: print('rich.progress' in sys.modules, flush=True))"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("delay_s", "form"), [(3600.0, []), (0.0, ["--quiet"])], ids=["quick", "quiet"]
)
def test_nothing_is_loaded_that_nobody_sees(
    delay_s: float, form: list[str], tmp_path: Path
) -> None:
    args = ["plan", str(CRLM), "--json", *form]
    with on_a_terminal(args, cwd=tmp_path, before=TELL, delay_s=delay_s) as running:
        assert running.end() == 0
    assert (running.out, running.arrived) == (ask(*args).stdout + b"False\n", "")


def test_a_bar_loads_its_drawing_when_it_is_drawn(tmp_path: Path) -> None:
    """The test above would else hold of a program without a bar."""
    before = held("fl_planner.intake.request.read_case", "read_anatomy") + TELL
    args = ["volume", *SMALL.write(tmp_path), "--json"]
    with on_a_terminal(args, cwd=tmp_path, before=before) as running:
        running.wait_until_held()
        running.wait_for("reading files")
        running.go_on()
        assert running.end() == 0
    assert running.out.endswith(b"True\n")


# interrupted

STOPPED = "stopped before completion; no incomplete file was written"
WRITING = ("os", "fsync")  # the draft is being written
INTERRUPTED = {
    "plan": (["plan", "case.toml", "--picture", "p.png"], WRITING, "picture"),
    "fhir": (["plan", "case.toml", "--fhir", "p.json"], WRITING, "FHIR"),
    "report": (["report", "case.toml", "--out", "r.html"], WRITING, "page layout"),
    "pictures": (["pictures", "case.toml", "--out", "drawn"], WRITING, "surfaces"),
    "convert": (["convert", "flr.nii", "--to", "a.nii.gz"], WRITING, "reading back"),
    "demo": (["demo"], WRITING, "picture"),
    "screen": (["screen", "patients.csv"], ("fl_planner.screening.worklist", "_screen"), "1 of 3"),
    "check": (["check", "flr.nii"], ("fl_planner.workup.files.check", "_check"), "file 1 of 1"),
    "resections": (
        ["resections", "case.toml"], ("fl_planner.intake.request.read_case", "read_anatomy"),
        "reading files",
    ),
    "growth": (
        ["growth", "case.toml", "case.toml"], ("fl_planner.workup.growth", "_read_point"), "1 of 2",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "by"),
    [
        pytest.param("plan", signal.SIGINT, marks=pytest.mark.essential),
        pytest.param("screen", signal.SIGTERM, marks=pytest.mark.essential),
        *((name, signal.SIGINT) for name in INTERRUPTED if name != "plan"),
        *((name, signal.SIGTERM) for name in ("plan", "pictures", "resections")),
    ],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_interrupted_work_leaves_one_line_and_nothing_half_written(
    name: str, by: signal.Signals, tmp_path: Path
) -> None:
    args, place, step = INTERRUPTED[name]
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    masks = "".join(f'{role} = "{role}.nii"\n' for role in ("liver", "flr", "tumour"))
    case_toml(tmp_path, f"[masks]\n{masks}")
    (tmp_path / "patients.csv").write_text(ROWS, "utf-8")
    before = sorted(tmp_path.rglob("*"))
    with on_a_terminal(args, cwd=tmp_path, before=held(*place)) as running:
        running.wait_until_held()
        running.wait_for(step)
        running.stop(by)
        assert running.end() == 130
    assert running.out == b""
    assert running.screen == Screen(STOPPED, cursor=True)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_interrupted_without_a_terminal_one_line_too(number: str, tmp_path: Path) -> None:
    code = (
        "import fl_planner.cli as c, fl_planner.intake.request.read_case as r, signal, sys\n"
        "def stop(*_, **__):\n"
        f"    signal.raise_signal(signal.{number})\n"
        "r.read_anatomy = stop\n"
        f"sys.argv = ['fl-planner', 'volume', '--json', *{SMALL.write(tmp_path)!r}]\n"
        "c.main()"
    )
    ran = real(cwd=tmp_path, start=("-c", code))
    assert (ran.status, ran.out, ran.err.strip()) == (130, "", STOPPED)
