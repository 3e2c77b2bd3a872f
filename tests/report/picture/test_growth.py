"""The picture of a growth: what it says and draws, from remnants counted by hand."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fl_planner.record.growth import GrowthRecord
from fl_planner.report.endpoint_words import scan_table
from fl_planner.report.picture.charts.growth import BARS, OF_CT, make_figure
from fl_planner.report.picture.draw.canvas import RESEARCH
from fl_planner.workup.growth import describe_growth
from tests.cases import each_case
from tests.workup.test_scans import EMBOLISATION, write_case

FUNCTION = '[facts]\nflr_function = {{ value = {}, unit = "%/min/m2" }}\n'
SCANS = (  # of 7900 voxels without tumour, an eighth of a millilitre each
    ("before", "2026-02-20", 2000, FUNCTION.format(2.1)),  # 250 mL, 25.3 %
    ("day21", "2026-03-23", 2500, EMBOLISATION + FUNCTION.format(2.9)),  # 313 mL, 31.6 %
    ("day42", "2026-04-13", 3000, ""),  # 375 mL, 38.0 %
)


def read(folder: Path, scans: tuple[tuple[str, str, int, str], ...] = SCANS) -> GrowthRecord:
    """Tell the growth over scans of a patient with metastases."""
    cases = []
    for name, day, voxels, more in scans:
        case = write_case(folder, name, day, voxels, more)
        planned = '[[plan]]\nname = "right hepatectomy"\n[imaging]'
        text = case.read_text("utf-8").replace("[imaging]", planned, 1)
        case.write_text(text.replace("schema = 1", 'schema = 1\ndiagnosis = "crlm"'), "utf-8")
        cases.append(case)
    return describe_growth(cases)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> GrowthRecord:
    return read(tmp_path_factory.mktemp("growth"))


def words(axis: Axes) -> list[str]:
    return [text.get_text() for text in axis.texts]


def heads(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


def level(axis: Axes) -> list[float]:
    """List the lines that run level from edge to edge: the limits."""
    found = [np.asarray(line.get_ydata(), np.float64).tolist() for line in axis.lines]
    return [one[0] for one in found if len(one) == 2 and one[0] == one[1]]


def joined(axis: Axes) -> list[list[float]]:
    """List the days that one line of scans joins."""
    dotted = [container[0] for container in axis.containers]
    return [np.asarray(line.get_xdata(), np.float64).tolist() for line in dotted]


def test_the_remnant_of_each_scan_excludes_the_limits_of_its_trials(record: GrowthRecord) -> None:
    shares, gained, function = make_figure(record).axes
    assert words(shares) == ["25.3 %", "31.6 %", "38.0 %", "30 %", "40 %", "embolisation"]
    assert level(shares) == [30.0, 40.0]
    assert words(gained) == ["250 mL", "313 mL", "375 mL", "embolisation"]
    assert level(gained) == []  # the limits are on today's liver, not on the fixed one
    assert words(function) == ["2.10", "2.90", "> 2.67", "embolisation"]
    assert level(function) == [2.67]


def test_the_bars_of_growth_are_shares_of_the_baseline_liver(record: GrowthRecord) -> None:
    """987.5 mL: 1000 mL less 12.5 mL of tumour."""
    bars = [bar for one in make_figure(record).axes[1].containers for bar in one[2]]
    drawn = [[end for _, end in each] for bar in bars for each in bar.get_segments()]
    ends = [[ml / 9.875 for ml in one.flr_interval_ml] for one in record.story.time_points]
    assert drawn == [pytest.approx(each) for each in ends]


def test_h04_no_line_goes_through_the_embolisation(record: GrowthRecord) -> None:
    for axis in make_figure(record).axes[:2]:
        assert joined(axis) == [[-10.0], [21.0, 42.0]]


def test_h04_without_an_embolisation_no_scans_are_joined(tmp_path: Path) -> None:
    """Nobody knows what lies between them."""
    figure = make_figure(read(tmp_path, (SCANS[0], SCANS[2])))
    for axis in figure.axes:
        assert all(len(days) == 1 for days in joined(axis))
        assert "embolisation" not in words(axis)
        assert axis.get_xlabel() == "days from the first scan"


def test_function_has_a_panel_only_where_it_was_measured(tmp_path: Path) -> None:
    bare = tuple((name, day, voxels, "") for name, day, voxels, _ in SCANS)
    titles = [axis.get_title("left") for axis in make_figure(read(tmp_path, bare)).axes]
    figure = make_figure(read(tmp_path, bare))
    assert titles == ["FLR and limits", "FLR growth"]
    assert OF_CT not in heads(figure)


def test_h04_the_panel_of_function_states_that_its_day_is_that_of_the_ct(
    record: GrowthRecord,
) -> None:
    """The scintigraphy of day 21 may be from another day, or from before the embolisation."""
    assert OF_CT in heads(make_figure(record))


def test_h03_without_tumour_masks_percentages_are_of_the_whole_liver(tmp_path: Path) -> None:
    """1000 mL with 12.5 mL of undrawn tumour: 375 mL are 37.5 % of it."""
    read(tmp_path)
    for case in (paths := [tmp_path / f"{name}.toml" for name, *_ in SCANS]):
        kept = [line for line in case.read_text("utf-8").splitlines() if "tumour" not in line]
        case.write_text("\n".join(kept), "utf-8")
    bare = describe_growth(paths)
    assert bare.story.denominator.fixed == "baseline_liver"
    assert bare.story.denominator.ml == 1000
    whole, figure = "of the whole liver (no tumour mask)", make_figure(bare)
    assert figure.axes[0].get_ylabel() == "% of the whole liver on each scan"
    assert f"= 37.5 % {whole} on that scan" in heads(figure).replace("\n", " ")
    table = scan_table(bare.story, "")
    assert "% of the whole liver (no tumour mask) on the same scan" in table.head
    assert "Baseline liver: the whole liver (no tumour mask) on scan 1 (1000 mL)" in table.beside[0]


def test_h11_it_bears_case_plan_flr_research_use_and_the_first_doubt(record: GrowthRecord) -> None:
    told = heads(make_figure(record)).replace("\n", " ")
    assert "case-001 · right hepatectomy · FLR on day 42: 375 mL = 38.0 %" in told
    assert "Look at this first: " in told
    assert BARS in told
    assert RESEARCH in told


def test_a_stale_scan_is_called_so(tmp_path: Path) -> None:
    more = f'[imaging.sha256]\nflr = "{"0" * 64}"\n'
    told = read(tmp_path, (*SCANS[:2], ("later", "2026-04-20", 3000, more)))
    figure = make_figure(told)
    assert "38.0 % (stale)" in words(figure.axes[0])
    assert "Growth not answered: " in heads(figure)


@each_case("panel", (0, 1, 2))
def test_no_word_is_over_another(record: GrowthRecord, panel: int) -> None:
    figure = make_figure(record)
    figure.canvas.draw()
    axis = figure.axes[panel]
    boxes = [text.get_window_extent() for text in (*axis.texts, axis.title)]
    boxes += [text.get_window_extent() for text in figure.texts]
    for place, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[place + 1 :])


def test_all_words_are_on_the_page(record: GrowthRecord) -> None:
    figure = make_figure(record)
    figure.canvas.draw()
    wide, high = figure.get_size_inches() * figure.dpi
    for text in (*figure.texts, *(text for axis in figure.axes for text in axis.texts)):
        box = text.get_window_extent()
        assert 0 <= box.x0 <= box.x1 <= wide
        assert 0 <= box.y0 <= box.y1 <= high
