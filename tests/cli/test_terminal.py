"""What a person sees: as wide as the terminal, coloured there alone, help in the user's words."""

import os
import re
import subprocess
import sys
import termios
from io import StringIO
from pathlib import Path
from typing import Any

import click
import pytest
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from fl_planner.cli import planner
from fl_planner.cli.commands import COMMANDS, SUMMARIES
from fl_planner.cli.output import guard_streams, print_aside, print_lines, print_table
from fl_planner.report.terminal.table import narrow_table
from tests.cases import each_case
from tests.cli.outside import (
    BUNDLED,
    CASES,
    REPOSITORY,
    SMALL,
    ask,
    bundled,
    case_toml,
    commands,
    told,
)
from tests.test_cheap_import import HEAVY, modules_after

WIDTH = 80
ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[[0-9;]*(?<![0-9])(3[0-7]|4[0-7]|9[0-7])[;m]")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
OF_STUDIES = {  # of scintigraphy, radioembolisation and blood
    "fl_planner.planning.assessment.function", "fl_planner.planning.assessment.dose",
    "fl_planner.planning.assessment.scores", "fl_planner.function.clearance",
}  # fmt: skip
OF_PLAN = {
    "fl_planner.liver.lesions.lesions", "fl_planner.liver.all_resections",
    "fl_planner.planning.assessment.plan_measures", "fl_planner.planning.judgement",
    "fl_planner.planning.volume_pathway.states", "fl_planner.space.gap",
}  # fmt: skip
LONG = "a_very_long_name_of_a_mask_" * 8


def fits(text: str) -> bool:
    return max(map(cell_len, text.split("\n"))) <= WIDTH


@pytest.mark.slow
@pytest.mark.parametrize("form", [(), pytest.param(("-v",), marks=pytest.mark.essential)])
@pytest.mark.parametrize("name", CASES)
def test_a_plan_fits_the_terminal(name: str, form: tuple[str, ...]) -> None:
    ran = bundled(name, *form)
    assert (ran.status, ran.err) == (0, "")
    assert fits(ran.out)
    assert ESCAPE not in ran.out


@pytest.mark.parametrize("width", range(60, 81))
def test_no_line_ends_between_a_number_and_its_unit(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each word is kept, and only blanks between words are replaced by ends of lines."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = "FLR 448 mL of 1713 mL, 26.2 % of the liver, day 28; chance < 1 % of crossing 30 %. " * 9
    print_lines([text.strip()])
    print_aside(text.strip())
    for out in capsys.readouterr():
        assert out.split() == text.split()
        lines = out.splitlines()
        assert max(map(len, lines)) <= width
        assert not [line for line in lines if line.startswith(("%", "mL")) or line.endswith("<")]


def test_the_rest_of_an_indented_line_is_indented(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines(
        ["limit", "    depends on the denominator: " + "CRLM-CT-1033, " * 8 + "CRLM-CT-1049"]
    )
    first, *others = capsys.readouterr().out.splitlines()
    assert first == "limit"
    assert len(others) == 3
    assert {len(line) - len(line.lstrip()) for line in others} == {4}


def test_a_text_of_a_table_is_indented_and_no_line_ends_after_not(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: 60 columns end after "not", and in the second line within the words."""
    monkeypatch.setenv("COLUMNS", "60")
    text = f"  KGR (baseline liver) 2.003 percentage points per wk, not below {'2 ' * 20}"
    print_table(lambda record: Text(record["line"]), {"line": text.rstrip()})
    print_aside(text.strip())
    shown = capsysbinary.readouterr()
    assert shown.out.decode().splitlines() == [
        "  KGR (baseline liver) 2.003 percentage points per wk,",
        "  not below 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2",
    ]
    assert shown.err.decode().splitlines()[1].startswith("not below 2")


def test_no_line_ends_within_do_not_use(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: of 60 columns, "DO NOT USE" ends from 4 columns before to 10 columns after."""
    monkeypatch.setenv("COLUMNS", "60")
    for blanks in range(45, 60):
        text = f"{'x' * blanks} DO NOT USE: see the findings"
        print_table(lambda record: Text(record["line"]), {"line": text})
        print_aside(text)
        shown = capsysbinary.readouterr()
        for stream in (shown.out, shown.err):
            assert stream.decode().count("DO NOT USE") == 1, blanks


def _growth_of(_: object) -> Table:
    table = narrow_table(["95 % inter-reader interval", "Limit reached"], "Scan")
    table.add_row("x" * 23, "377 to 518 mL", "not by volume; function not known")
    return table


def test_no_line_of_a_narrow_column_ends_after_not(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With "not known" in one line, the table needs 23, 12 and 9 columns, and 4 for gaps."""
    for width in range(60, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        print_table(_growth_of, {})
        lines = capsysbinary.readouterr().out.decode().splitlines()
        assert not any(line.endswith("not") for line in lines), width


def _in_ascii(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Print a text to a terminal of ASCII."""
    path = tmp_path / "out.txt"
    with path.open("w", encoding="ascii") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", StringIO())
        guard_streams()
        sys.stdout.write(text)
        sys.stdout.flush()
    return path.read_text("ascii")


def test_a_terminal_without_superscripts_shows_m2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only of the unit: a name that contains the character keeps its escape."""
    shown = _in_ascii("\u00b2 2.9 %/min/m\u00b2, x\u00b2 \u00b7\u00b2m\n", tmp_path, monkeypatch)
    assert shown == "\\xb2 2.9 %/min/m2, x\\xb2 \\xb7\\xb2m\n"


PLAIN_SIGNS = {
    "at most 1.5 \u00d7 ULN, 100 \u00d7 10⁹/L": "at most 1.5 x ULN, 100 x 10^9/L",
    "at most 1.5\n    \u00d7 ULN": "at most 1.5\n    x ULN",  # of a line that is too long
    "2500\u201312 000/µL, 1500/mm³, 17 µmol/L": "2500-12 000/uL, 1500/mm3, 17 umol/L",
    "x · right hepatectomy · CRLM": "x - right hepatectomy - CRLM",
    "about ± 1 cm": "about +/- 1 cm",
    "(printed as “=4”); read as ≤, not ≥": '(printed as "=4"); read as <=, not >=',
    "a·b.nii a\u2013b.nii a\u00d7b.nii aµ.nii é.nii": (
        r"a\xb7b.nii a\u2013b.nii a\xd7b.nii a\xb5.nii \xe9.nii"
    ),
    "S2\u20133.nii S2\u20133/liver.nrrd m².nii cm³.nii.gz 10⁹.nii µm.nii": (
        r"S2\u20133.nii S2\u20133/liver.nrrd m\xb2.nii cm\xb3.nii.gz 10\u2079.nii \xb5m.nii"
    ),
    "a≤b.nii a”b.nii L · 2.nii": r"a\u2264b.nii a\u201db.nii L \xb7 2.nii",
    "(“2.nii”), 4\u20136 mL. m². ≤ 1.5": '("2.nii"), 4-6 mL. m2. <= 1.5',
}


@pytest.mark.parametrize("text", PLAIN_SIGNS)
def test_an_ascii_terminal_shows_signs_of_numbers_plainly_and_names_by_escapes(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _in_ascii(text, tmp_path, monkeypatch) == PLAIN_SIGNS[text]


@pytest.mark.parametrize("name", ["Leber_und_Tumor_", "肝臓の一部", "foie é ", "a b "])
@pytest.mark.parametrize("command", ["volume", "plan"])
def test_long_names_are_folded(command: str, name: str, tmp_path: Path) -> None:
    long = (name * 60).encode()[:200].decode(errors="ignore").strip()
    path = SMALL.file(tmp_path / f"{long}.nii", SMALL.mask(0, 8000))
    flr = SMALL.file(tmp_path / f"{long}_flr.nii", SMALL.mask(0, 400))  # 5 %: a finding
    ran = ask(command, "--liver", path, "--flr", flr, "--no-tumour")
    assert ran.status == 0
    assert fits(ran.out)
    assert "".join(long.split()) in "".join(ran.out.split())
    ran = ask(command, "--liver", tmp_path / f"{long}.none")
    assert ran.status == 2
    assert fits(ran.err)
    assert "".join(long.split()) in "".join(ran.err.split())


def test_a_long_id_leaves_room_for_the_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest words of a route and its question have 11 letters."""
    monkeypatch.setenv("COLUMNS", "60")
    patients = tmp_path / "patients.csv"
    patients.write_text(f"id,ecog,diagnosis\n{'x' * 60},1,crlm\n", "utf-8")
    text = ask("screen", patients).out
    assert fits(text)
    for word in ("information", "missing", "volume", "radiologist"):
        assert word in text.partition("Trials, left to right")[0]


def test_everything_a_case_file_names_is_folded(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    text = f"""
id = "{LONG}"
label = "{LONG}"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[[plan]]
name = "{LONG}"
[[accepted]]
code = "{LONG}"
by = "{LONG}"
why = "{LONG}"
"""
    ran = ask("plan", case_toml(tmp_path, text), "--profile", "clinical", "-v")
    assert ran.status == 0
    assert fits(ran.out)
    ran = ask("plan", case_toml(tmp_path, text.replace("label", LONG), "wrong.toml"))
    assert ran.status == 2
    assert fits(ran.err)


def test_wrong_usage_fits_too() -> None:
    for args in (["plan", f"--{LONG}"], [LONG], ["plan", "--diagnosis", LONG]):
        ran = ask(*args)
        assert (ran.status, ran.out) == (2, "")
        assert fits(ran.err)


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (13, ["the FLR is", "19 % of the", "liver"]),
        (4, ["the", "FLR", "is", "19 %", "of", "the", "liv…"]),
        (3, ["the", "FLR", "is", "19", "%", "of", "the", "li…"]),  # no room for both
    ],
)
def test_a_cell_of_a_narrow_column_keeps_a_number_and_its_unit_on_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    width: int,
    lines: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    def narrow(record: dict[str, Any], *, styled: bool) -> Table:
        table = Table(box=None, show_header=False, padding=0)
        table.add_column(width=width)
        table.add_row(Text(record["cell"]) if styled else record["cell"])
        return table

    for styled in (False, True):
        record: dict[str, Any] = {"cell": "the FLR is 19 % of the liver"}
        print_table(narrow, record, styled=styled)
        assert capsysbinary.readouterr().out.decode().split("\n")[:-1] == lines


# quiet and verbose


def test_information_is_shown_when_asked_for(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400))
    for command in ("volume", "plan"):
        shown = (ask(command, *masks, *asked).out for asked in ([], ["-v"]))
        assert ["info: no tumour mask" in one for one in shown] == [False, True]


def test_quiet_changes_no_answer(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 400))
    for command in ("volume", "plan"):
        assert ask(command, *masks).stdout == ask(command, *masks, "--quiet").stdout
        assert told(command, *masks) == told(command, *masks, "--quiet")


# colour


def on_a_terminal(
    args: list[str], *, stream: str = "stdout", columns: int = 80, status: int = 0, **env: str
) -> str:
    """Run a command with one of its streams on a terminal, and give what arrives there."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    kept = {key: value for key, value in os.environ.items()
            if key not in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM")}  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "fl_planner", *args],
        stdout=theirs if stream == "stdout" else None,
        stderr=theirs if stream == "stderr" else None,
        env={**kept, "PYTHONPATH": str(REPOSITORY), **env},
    ) as process:
        os.close(theirs)
        pieces: list[bytes] = []
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:
            pass  # so Linux says that the other side is closed
        os.close(ours)
        assert process.wait(20) == status
    return b"".join(pieces).decode().replace("\r\n", "\n")


@pytest.fixture
def doubtful(tmp_path: Path) -> list[str]:
    return ["volume", *SMALL.write(tmp_path, flr=(0, 400)), "--no-tumour"]


@pytest.mark.essential
@pytest.mark.slow
def test_colour_on_a_terminal_only(doubtful: list[str]) -> None:
    shown = on_a_terminal(doubtful, TERM="xterm-256color")
    assert COLOUR.search(shown)
    assert COLOURS.sub("", shown) == ask(*doubtful).out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "wide"), [("40", 60), ("60", 60), ("97", 97), ("160", 160), ("400", 160)]
)
def test_a_text_is_as_wide_as_columns_states(
    columns: str, wide: int, doubtful: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ran = bundled.__wrapped__("crlm")
    assert wide - 20 < max(map(cell_len, ran.out.splitlines())) <= wide
    refusal = ask("plan", "--diagnosis", "cancer of something else " * 9).err
    assert max(map(cell_len, refusal.splitlines())) <= wide


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["", "0", "none", "-7"])
def test_a_pipe_has_80_columns_unless_columns_is_a_width(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ask("demo", "--help").out, bundled("crlm").out
    monkeypatch.setenv("COLUMNS", columns)
    assert (ask("demo", "--help").out, bundled.__wrapped__("crlm").out) == usual


@pytest.mark.slow
def test_a_text_is_as_wide_as_its_terminal(doubtful: list[str], tmp_path: Path) -> None:
    shown = COLOURS.sub("", on_a_terminal(doubtful, COLUMNS="", TERM="xterm", columns=120))
    assert 80 < max(map(cell_len, shown.splitlines())) <= 120
    assert " ".join(shown.split()) == " ".join(ask(*doubtful).out.split())


@pytest.mark.slow
def test_no_line_ends_in_blanks(tmp_path: Path) -> None:
    wrong = ask("plan", "--diagnosis", "cancer of something else " * 9, "--json")
    told = ask("plan", "--diagnosis", "cancer of something else " * 9)
    for text in (bundled("crlm").out, bundled("crlm", "-v").out, told.err, ask("-h").out):
        assert [line for line in text.splitlines() if line != line.rstrip()] == []
    message = wrong.record["refusal"]["message"]
    assert told.err.split() == f"refused: {message}".split()


@pytest.mark.slow
def test_a_refusal_is_coloured_on_a_terminal_only() -> None:
    wrong = ["plan", "--liver", "none.nii"]
    shown = on_a_terminal(wrong, TERM="xterm-256color", stream="stderr", status=2)
    assert shown.startswith("\x1b[1;31mrefused\x1b[0m: none.nii: no such file")
    assert COLOURS.sub("", shown) == ask(*wrong).err
    plain = on_a_terminal(wrong, TERM="xterm", NO_COLOR="1", stream="stderr", status=2)
    assert not COLOUR.search(plain)
    assert ESCAPE not in ask(*wrong).err


def test_no_color_is_heeded(doubtful: list[str]) -> None:
    assert not COLOUR.search(on_a_terminal(doubtful, TERM="xterm-256color", NO_COLOR="1"))


def test_a_dumb_terminal_gets_no_escape(doubtful: list[str]) -> None:
    assert on_a_terminal(doubtful, TERM="dumb") == ask(*doubtful).out


def test_json_is_never_coloured(doubtful: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE not in ask(*doubtful, "--json").out


# help


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_help_fits_and_states_what_every_option_does(words: tuple[str, ...]) -> None:
    ran = ask(*words, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert fits(ran.out)
    assert "\\b" not in ran.out
    command: click.Command | None = planner
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    assert command.help
    if len(words) == 1:  # what the list of commands says of it
        assert " ".join(ask("--help").out.split()).count(SUMMARIES[words[0]]) == 1
        assert " ".join(command.help.split()).startswith(SUMMARIES[words[0]])
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.help.endswith((".", "...")), option.help


def test_help_uses_the_users_words() -> None:
    shown = ask("plan", "--help").out
    headings = ["Masks and images:", "Patient and trials:", "Output:", "Options:"]
    assert [line for line in shown.splitlines() if line.endswith(":")][:-1] == headings
    for word in ("PATH", "TEXT", "%Y", "mask_", "flr_"):
        assert word not in shown
    assert "fl-planner plan case.toml --picture plan.png --fhir plan.fhir.json\n" in shown
    assert "YYYY-MM-DD" in shown


def loaded_after(calls: str, folder: Path) -> set[str]:
    return {*modules_after(f"import fl_planner.cli as c; {calls}", folder)}


def test_help_of_no_command_loads_anything_heavy(tmp_path: Path) -> None:
    calls = "; ".join(f"c.run([*{words!r}, '--help'])" for words in commands())
    assert HEAVY.isdisjoint(name.partition(".")[0] for name in loaded_after(calls, tmp_path))


@pytest.mark.slow
def test_volume_loads_nothing_that_only_a_plan_measures(tmp_path: Path) -> None:
    words = ["volume", "--labelmap", str(BUNDLED / "hcc" / "segments.nii.gz")]
    loaded = loaded_after(f"assert c.run({words!r}) == 0", tmp_path)
    assert "fl_planner.planning.assessment.assess" in loaded
    assert loaded.isdisjoint(OF_PLAN)


@pytest.mark.slow
def test_plan_loads_no_study_that_was_not_given(tmp_path: Path) -> None:
    words = ["plan", "--labelmap", str(BUNDLED / "hcc" / "segments.nii.gz"), "--json"]
    loaded = loaded_after(f"assert c.run({words!r}) == 0", tmp_path)
    assert "fl_planner.record.plan" in loaded
    assert loaded.isdisjoint(OF_STUDIES)


@each_case("words", {"-h": "-h", "in a command": "plan -h", "in a group": "trials judge -h"})
def test_a_short_word_asks_for_help_too(words: str) -> None:
    assert ask(*words.split()).out == ask(*words.replace("-h", "--help").split()).out


def test_every_command_is_reported_in_whole_and_once() -> None:
    shown = ask("-h").out
    assert shown.count("...") == 1  # of [ARGS]...
    listed = [line[2:].split("  ")[0] for line in shown.splitlines() if re.match("  [a-z]", line)]
    assert sorted(listed) == [*COMMANDS]
    assert ask("trials", "-h").out.count("...") == 1


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_version_is_one_line(word: str) -> None:
    ran = ask(word)
    assert (ran.status, ran.err) == (0, "")
    assert re.fullmatch(r"fl-planner, version \d+\.\d+\.\d+\n", ran.out)
