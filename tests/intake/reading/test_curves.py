"""Curves as CSV: units in the names of the columns, and every line that is wrong."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.function.clearance import measure_clearance
from fl_planner.function.curves import Activity
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.intake.reading.curves import read_curves
from tests.refusals import refuses

# MEB-01 of vectors.json: K = 1 900 000 / 105 600
TIMES = (100, 150, 200, 250, 300, 350, 400)
LIVER = (20000, 26000, 31500, 36500, 41000, 45000, 48500)
BLOOD = (1250, 1000, 820, 690, 600, 540, 500)
FIELD = (69000, 70000, 70800, 71300, 71700, 72000, 72200)
ROWS = [*zip(TIMES, LIVER, BLOOD, FIELD, strict=True)]
HEAD = "time_s,liver_counts,heart_counts,field_counts"
TWO_HEADS = "time_s," + ",".join(
    f"{region}_{view}_counts"
    for view in ("anterior", "posterior")
    for region in ("liver", "heart", "field")
)


def text_of(head: str = HEAD, rows: Sequence[tuple[int, ...]] = ROWS) -> str:
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"


def read(folder: Path, text: str, *, corrected: bool | None = True) -> FromFiles[Activity]:
    path = folder / "curves.csv"
    path.write_text(text, "utf-8")
    return read_curves(path, decay_corrected=corrected)


@pytest.mark.parametrize(
    "head",
    [HEAD, "Time_s, Liver_counts ,blood_pool_counts,total_field_counts"],
    ids=["usual", "others"],
)
def test_the_reference(tmp_path: Path, head: str) -> None:
    found = read(tmp_path, "# curves of the workstation\n\n" + text_of(head))
    assert measure_clearance(found.given, SeriesWindow()).per_min == Fraction(1_900_000, 105_600)
    assert (found.inputs[0].role, found.inputs[0].format) == ("curves", "csv")
    assert measure_clearance(found.given, SeriesWindow()).relative_sd is None


def test_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    text = "\n".join([HEAD.replace(",", ";"), *(";".join(f"{n},50" for n in row) for row in ROWS)])
    found = read(tmp_path, "\ufeff" + text)
    assert found.given.times_s[0] == Fraction("100.5")
    assert found.given.heads[0].liver[0] == Fraction("20000.5")


@pytest.mark.parametrize("separator", [",", ";"])
def test_empty_columns_and_rows_of_a_spreadsheet_are_ignored(
    tmp_path: Path, separator: str
) -> None:
    rows = ["", *text_of().splitlines(), "", " , "]  # a column on each side, and two rows
    rows[3] += ", ,"  # more empty cells than columns
    text = "\n".join(f",{row or ',,,'},," for row in rows).replace(",", separator)
    found = read(tmp_path, text).given
    assert measure_clearance(found, SeriesWindow()).per_min == Fraction(1_900_000, 105_600)


def test_frames_before_the_tracer_arrives_may_be_without_counts(tmp_path: Path) -> None:
    before = [(0, 0, 0, 0), (50, 0, 0, 0)]
    liver = read(tmp_path, text_of(rows=[*before, *ROWS])).given.heads[0].liver
    assert [*map(int, liver[:2])] == [0, 0]


def test_counts_of_both_heads(tmp_path: Path) -> None:
    rows = [(*row, *row[1:]) for row in ROWS]
    found = read(tmp_path, text_of(TWO_HEADS, rows), corrected=False)
    assert len(found.given.heads) == 2
    clearance = measure_clearance(found.given, SeriesWindow())
    # decay corrected here: 1.2 % more than by counts that are taken as they are
    assert float(clearance.per_min / Fraction(1_900_000, 105_600)) == pytest.approx(
        1.012, abs=0.004
    )
    assert clearance.relative_sd is not None


def test_durations_are_asked_for_where_only_they_are_missing(tmp_path: Path) -> None:
    with refuses("curves.durations") as refusal:
        read(tmp_path, text_of() + "480,1,1,4\n")
    assert (
        refusal.value.remedy == "add the column duration_s, the duration of each frame in seconds"
    )


def test_begin_and_length_of_frames(tmp_path: Path) -> None:
    head = HEAD.replace("time_s", "start_s,duration_s")
    found = read(tmp_path, text_of(head, [(t - 5, 10, *rest) for t, *rest in ROWS]))
    assert list(found.given.times_s[:2]) == [100, 150]
    assert found.given.durations_s[0] == 10
    mids = read(tmp_path, text_of(HEAD + ",duration_s", [(*row, 10) for row in ROWS]))
    assert mids.given.durations_s[0] == 10


@pytest.mark.parametrize(
    ("text", "told", "code"),
    [
        (HEAD, "the table must have 2 to ", "curves.unreadable"),
        (text_of() + f"450,{'1' * 200_000},1,4\n", "a cell is too long", None),
        (
            text_of(HEAD.replace("time_s", "time")),
            "unit of column 'time' is neither s",
            "curves.unreadable",
        ),
        (
            text_of(HEAD.replace("time_s", "time_min")),
            "unit of column 'time_min' is neither s",
            None,
        ),
        (
            text_of(HEAD.replace("liver_counts", "liver_cps")),
            "unit of column 'liver_cps' is neither s",
            None,
        ),
        (
            text_of(HEAD.replace("heart_counts", "spleen_counts")),
            "column 'spleen_counts' is unknown",
            None,
        ),
        (
            text_of(HEAD.replace("heart_counts", "liver_counts")),
            "two columns have the same name",
            None,
        ),
        (text_of(HEAD.replace("heart_counts", "duration_s")), "counts are missing: blood", None),
        (text_of("time_s,start_s,heart_counts,field_counts"), "times are missing", None),
        (text_of("duration_s,liver_counts,heart_counts,field_counts"), "times are missing", None),
        (text_of() + "450,1,x,4\n", "the value of heart_counts in row 9 is not a number", None),
        (text_of() + "450,1\n", "the value of heart_counts in row 9 is not a number", None),
        (text_of() + "450,1,1,4,,x\n", "row 9 has a value in column 6, which has no name", None),
        (text_of("," + HEAD, [(n, *row) for n, row in enumerate(ROWS)]), "in column 1, which has",
         None),
        (text_of() + "450,nan,1,4\n", "the value of liver_counts in row 9 is not a number", None),
        (text_of() + "480,1,1,4\n", "not equally spaced in time", "curves.durations"),
        (text_of(rows=[(t, f, b, n) for t, n, b, f in ROWS]), "liver has more counts than", None),
        (text_of(rows=[(t, n, f + 1, f) for t, n, b, f in ROWS]), "blood has more counts than",
         None),
        (
            text_of(HEAD + ",blood_counts", [(*row, 1) for row in ROWS]),
            "two columns contain the counts for the blood",
            None,
        ),
        (text_of(HEAD + ",liver_anterior_counts", [(*row, 1) for row in ROWS]), "detector heads",
         None),
        (text_of().replace(",", "\t"), "the cells are separated by tabs", None),
        (text_of(rows=[*ROWS[:3], (250, 0, 0, 0), *ROWS[4:]]), "counts in row 5 are 0", None),
        (text_of(rows=[*ROWS[:3], (0, 0, 0, 0), *ROWS[4:]]), "counts in row 5 are 0", None),
        (text_of(rows=[*ROWS, (0, 0, 0, 0)]), "counts in row 9 are 0", None),
    ],
    ids=[str(n) for n in range(24)],
)  # fmt: skip
def test_a_table_that_cannot_be_read(
    tmp_path: Path, text: str, told: str, code: str | None
) -> None:
    with pytest.raises(InputRefused, match=told) as refusal:
        read(tmp_path, text)
    assert refusal.value.code == (code or "curves.unreadable")


def test_frames_of_single_counts_before_the_tracer_are_no_missing_frames(tmp_path: Path) -> None:
    """The background of a small region in two frames; a frame without any is between them."""
    step = ROWS[1][0] - ROWS[0][0]
    later = [(t + 3 * step, *(100 * n for n in counts)) for t, *counts in ROWS]
    head = [(ROWS[0][0] + n * step, 0, count, count) for n, count in enumerate((1, 0, 1))]
    assert len(read(tmp_path, text_of(rows=[*head, *later])).given.times_s) == 10
    with pytest.raises(InputRefused, match="counts in row 6 are 0"):
        read(tmp_path, text_of(rows=[*head, later[0], (later[1][0], 0, 0, 0), *later[2:]]))


def test_h10_minutes_in_a_column_of_seconds_are_refused(tmp_path: Path) -> None:
    minutes = [(n + 1, *row[1:]) for n, row in enumerate(ROWS)]
    with pytest.raises(InputRefused, match="minutes or milliseconds"):
        read(tmp_path, text_of(rows=minutes))


def test_h10_whether_decay_was_corrected_must_be_stated(tmp_path: Path) -> None:
    with refuses("curves.decay_not_said", says="not stated whether") as refused:
        read(tmp_path, text_of(), corrected=None)
    assert "--decay-corrected" in refused.value.remedy  # the option of the command


@pytest.mark.parametrize(("over", "known"), [(1, True), (7, False)], ids=["counts", "rates"])
def test_rates_and_scaled_counts_are_no_counts(tmp_path: Path, over: int, known: bool) -> None:
    rows = [",".join(map(str, (t, *(n / over for n in (*rest, *rest))))) for t, *rest in ROWS]
    found = read(tmp_path, "\n".join([TWO_HEADS, *rows]) + "\n", corrected=False)
    assert (measure_clearance(found.given, SeriesWindow()).relative_sd is not None) is known


@pytest.mark.parametrize("scale", [2, 60], ids=["twice", "minutes typed as hours"])
def test_h10_a_frame_that_begins_before_the_last_one_ends_is_refused(
    tmp_path: Path, scale: int
) -> None:
    head = HEAD.replace("time_s", "start_s,duration_s")
    rows = [(25 * n, 25 * scale, *row[1:]) for n, row in enumerate(ROWS)]
    with refuses("curves.overlap", "curves.csv", says="begins before"):
        read(tmp_path, text_of(head, rows))
    touching = [(25 * n, 25, *row[1:]) for n, row in enumerate(ROWS)]
    assert read(tmp_path, text_of(head, touching)).findings == ()


def test_h10_lengths_in_minutes_in_a_column_of_seconds_are_reported(tmp_path: Path) -> None:
    # frames of 50 s, 50/60 min of them: 49 of 50 s were not counted
    head = HEAD.replace("time_s", "start_s,duration_s")
    rows = [",".join(map(str, (t, 0.8, *rest))) for t, *rest in ROWS]
    (told,) = read(tmp_path, "\n".join([head, *rows]) + "\n").findings
    assert (told.code, told.unit) == ("curves.gaps", "%")
    assert told.value == pytest.approx(98.4)
    half = [(t, 25, *rest) for t, *rest in ROWS]  # half of the time, exactly
    assert read(tmp_path, text_of(head, half)).findings == ()


def test_h10_begins_of_frames_in_a_column_of_middles_are_reported(tmp_path: Path) -> None:
    begins = [(t - 100, *rest) for t, *rest in ROWS]
    (told,) = read(tmp_path, text_of(rows=begins)).findings
    assert (told.code, told.file) == ("curves.not_mid_frame", "curves.csv")
    middles = [(t - 75, *rest) for t, *rest in ROWS]
    assert read(tmp_path, text_of(rows=middles)).findings == ()


def test_curves_of_another_tracer_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text(text_of(), "utf-8")
    assert read_curves(path, decay_corrected=True, tracer="mebrofenin").findings == ()
    with refuses("function.tracer", says="a colloid"):
        read_curves(path, decay_corrected=True, tracer="sulfur colloid")
    unknown = read_curves(path, decay_corrected=True, tracer="99mTc IDA").findings
    assert [finding.code for finding in unknown] == ["function.tracer_unknown"]


def test_curves_of_a_camera_with_one_head_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    names = ",".join(TWO_HEADS.split(",")[:4])
    path.write_text(text_of(names), "utf-8")
    with refuses(
        "scintigram.head_missing", says="counts from the posterior detector head are missing"
    ) as refusal:
        read_curves(path, decay_corrected=True)
    assert refusal.value.remedy.startswith("add the columns of the posterior detector head")
    one = read_curves(path, decay_corrected=True, one_head=True)
    assert [finding.code for finding in one.findings] == ["function.one_head"]
    assert measure_clearance(one.given, SeriesWindow()).per_min == Fraction(1_900_000, 105_600)
