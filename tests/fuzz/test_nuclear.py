"""What the search found in studies of nuclear medicine and in curves, once each."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.function.curves import Activity, Counts
from tests.fuzz.nuclear import every_nuclear
from tests.fuzz.nuclear_readings import read_and_measure
from tests.fuzz.specimens import Specimen
from tests.niftis import write
from tests.refusals import refuses

SPECIMENS = {one.name: one for one in every_nuclear()}
Change = Callable[[list[str]], object]


def refused(specimen: Specimen, folder: Path, change: Change) -> InputRefused:
    """Change the lines of a table of curves; give the refusal."""
    (name,) = specimen.files
    lines = specimen.files[name].decode().splitlines()
    change(lines)
    path = write(folder / name, "\n".join(lines).encode())
    with pytest.raises(InputRefused) as found:
        read_and_measure(path, "curves")
    return found.value


def cell(line: int, at: int, *new: str) -> Change:
    """Write other cells over one."""

    def change(lines: list[str]) -> None:
        mark = ";" if ";" in lines[line] else ","
        cells = lines[line].split(mark)
        lines[line] = mark.join([*cells[:at], *new, *cells[at + 1 :]])

    return change


@pytest.mark.parametrize("line", [1, 9])
def test_h10_a_cell_too_many_is_refused(line: int, tmp_path: Path) -> None:
    twice = refused(SPECIMENS["curves"], tmp_path, cell(line, 1, "4329", "28262"))
    assert twice.code == "curves.unreadable"
    assert f"row {line + 1} has a value in column 8, which has no name" in twice.reason


def test_h10_decimal_commas_in_a_table_with_commas_are_refused(tmp_path: Path) -> None:
    assert refused(SPECIMENS["curves"], tmp_path, cell(1, 0, "15,0")).code == "curves.unreadable"


def test_a_count_below_0_of_one_head_is_refused(tmp_path: Path) -> None:
    found = refused(SPECIMENS["curves"], tmp_path, cell(11, 3, "-1"))
    assert (found.code, found.source) == ("curve.negative", "curves.csv")


def test_h16_counts_below_0_of_both_heads_are_refused_too() -> None:
    one, less = (Fraction(1), Fraction(1)), (Fraction(1), Fraction(-1))
    head = Counts(less, one, one)
    with refuses("curve.negative"):
        Activity((Fraction(60), Fraction(90)), (Fraction(30),) * 2, (head, head), "NONE")


@pytest.mark.parametrize("length", ["0", "-30"])
def test_h10_a_frame_without_a_length_is_refused(length: str, tmp_path: Path) -> None:
    found = refused(SPECIMENS["curves ;"], tmp_path, cell(3, 1, length))
    assert (found.code, found.source) == ("curve.times", "curves.csv")


@pytest.mark.parametrize(
    ("change", "code"),
    [(cell(4, 0, "0"), "curve.times"), (lambda lines: lines.pop(), "curve.truncated")],
    ids=["order", "end"],
)
def test_a_refusal_of_a_curve_names_the_file(change: Change, code: str, tmp_path: Path) -> None:
    def early(lines: list[str]) -> None:
        change(lines)
        del lines[14:]

    found = refused(SPECIMENS["curves ;"], tmp_path, early)
    assert (found.code, found.source) == (code, "curves.csv")


def test_so_does_one_of_frames(tmp_path: Path) -> None:
    specimen = SPECIMENS["nm dynamic"]
    for name, content in specimen.files.items():
        write(tmp_path / name, content.replace(b"30000 ", b"10000 "))
    with refuses("curve.truncated", "dyn.dcm"):
        read_and_measure(tmp_path / "dyn.dcm", "dynamic")
