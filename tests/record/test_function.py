"""The record, the table and the picture of a measured function."""

from dataclasses import replace
from io import BytesIO, StringIO
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure
from msgspec.structs import replace as alter
from rich.console import Console

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.function.orientation import Parts
from fl_planner.planning.assessment.function import LiverFunction
from fl_planner.record.declaration.part import as_json
from fl_planner.record.function import FunctionRecord, as_function_record
from fl_planner.report.picture.charts.function import _upright, plan_function
from fl_planner.report.picture.draw.canvas import RESEARCH, format_first_finding
from fl_planner.report.picture.draw.picture_files import PNG
from fl_planner.report.terminal.measurements import function_table
from fl_planner.space.grid import Grid
from tests.cases import sure
from tests.function.studies import exact_study, frames_of, regions
from tests.record.functions import answered, by_region, measured
from tests.record.schemas import require_valid

CASE = "case-001 · right hepatectomy"
K, SHARE = 1_900_000 / 105_600, 24_000 / 72_000


def text_of(record: FunctionRecord, *, verbose: bool = False) -> str:
    """Print the table as a terminal of 80 columns shows it."""
    out = StringIO()
    Console(file=out, width=80, highlight=False).print(function_table(record, verbose=verbose))
    assert max(map(len, out.getvalue().splitlines())) <= 80
    return " ".join(out.getvalue().split())


def test_numbers_by_hand() -> None:
    told = require_valid(as_function_record(answered()))["function"]
    assert told["clearance"]["pct_per_min"] == pytest.approx(K)
    assert told["clearance"]["pct_per_min_per_m2"] == pytest.approx(K / 2)
    assert told["clearance"]["shown"] == "9.00"
    assert told["clearance"]["variant_of_whole_field_pct_per_min"] == pytest.approx(
        1_900_000 / 168_000
    )
    assert told["clearance"]["window_s"] == [150, 350]
    assert told["share"]["percent"] == pytest.approx(100 * SHARE)
    assert told["share"]["volume_percent"] == pytest.approx(20)
    assert told["flr_pct_per_min_per_m2"] == pytest.approx(K / 2 * SHARE)
    assert told["flr_shown"] == "3.00"
    assert told["decay"] == {"of_the_file": "START", "corrected_here": False}
    assert told["validated_locally"] == "not said"
    assert told["to_ask"] == ["fasting_hours", "bilirubin", "validated_locally"]


def test_all_that_can_be_reported_is_described() -> None:
    record = require_valid(as_function_record(by_region()))
    told = record["function"]
    assert told["share"]["without_hot_percent"] > told["share"]["percent"]
    assert told["clearance"]["by_region_pct_per_min"] == pytest.approx([0.9 * K, 1.1 * K])
    assert (told["fasting_hours"], told["bilirubin_umol_per_l"]) == (6, 12)


def test_what_was_not_given_has_no_key() -> None:
    alone = require_valid(as_function_record(answered(spect=None, basis=None)))["function"]
    assert "share" not in alone
    assert "flr_shown" not in alone
    of_spect = require_valid(as_function_record(answered(activity=None)))["function"]
    assert {"clearance", "decay", "heads"} & of_spect.keys() == set()
    bare = answered()
    unsized = replace(bare.function.clearance, bsa_m2=None)  # type: ignore[type-var]
    none = replace(bare, adequate=None, function=replace(bare.function, clearance=unsized))
    told = as_function_record(none)
    record = require_valid(told)
    assert "adequate" not in record
    assert "shown" not in record["function"]["clearance"]
    assert "it exceeds" not in text_of(told)


def test_the_heads_of_frames_are_named_by_their_study() -> None:
    bare = answered()
    study = frames_of({"anterior": np.ones((36, 2, 2), np.uint16)})
    given = replace(bare.function.given, activity=None, study=study, regions=regions())
    told = as_function_record(replace(bare, function=replace(bare.function, given=given)))
    assert require_valid(told)["function"]["heads"] == ["anterior"]


@pytest.mark.slow
def test_whose_heads_were_counted() -> None:
    frames = measured(activity=None, study=exact_study(), regions=regions())
    one = frames_of({"anterior": exact_study().heads["anterior"]})
    for function, heads in (
        (frames, ["anterior", "posterior"]),
        (measured(activity=None, study=one, regions=regions()), ["anterior"]),
        (measured(), []),
    ):
        record = as_function_record(replace(answered(), function=function))
        assert require_valid(record)["function"]["heads"] == heads
    counted = as_function_record(replace(answered(), function=frames))
    assert require_valid(counted)["function"]["decay"] == {
        "of_the_file": "NONE", "corrected_here": True, "half_life_h": 6.0067
    }  # fmt: skip


def test_the_table_states_whether_it_was_validated_before_the_limit() -> None:
    shown = text_of(as_function_record(answered()))
    assert shown.index("validated locally: not stated") < shown.index(
        "FLR function exceeds 2.67 %/min/m\u00b2"
    )
    assert "whole liver: 17.99 %/min, 9.00 %/min/m\u00b2" in shown
    assert "FLR share of counts: 33.3 %, 1.67 times its share of the volume" in shown
    assert "missing: bilirubin" in shown
    below = replace(answered(), adequate=False)
    assert "FLR function does not exceed 2.67" in text_of(as_function_record(below))


def test_a_number_not_to_be_used_states_this() -> None:
    bare = answered()
    wrong = (*bare.function.findings, Finding("region.turned", Severity.ERROR, "turned"))
    told = as_function_record(replace(bare, function=replace(bare.function, findings=wrong)))
    assert "3.00 %/min/m\u00b2 (not to be used)" in text_of(told)
    picture = replace(bare.function, findings=wrong)
    assert drawn(picture, None, told).startswith(b"\x89PNG")


def test_a_table_without_segments_and_without_a_ratio() -> None:
    record = as_function_record(answered())
    function = record.function
    assert function.share is not None
    first, *others = function.share.segments
    bare = alter(first, function_to_volume=None)
    of_one = alter(function.share, segments=(bare, *others))
    assert "2 " in text_of(alter(record, function=alter(function, share=of_one)))
    of_none = alter(function.share, segments=(), function_to_volume=None)
    without = alter(record, function=alter(function, share=of_none))
    assert "FLR share of counts: 33.3 %" in text_of(without)


def drawn(function: LiverFunction, parts: Parts | None, record: FunctionRecord) -> bytes:
    """Draw what a record tells."""
    return PNG.write(plan_function(function, parts, record.function, CASE, record.findings))


def pixels_of(content: bytes) -> Any:
    return matplotlib.image.imread(BytesIO(content), format="png")


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_the_picture_is_the_same_from_run_to_run() -> None:
    found = answered(activity=None, study=exact_study(), regions=regions())
    record = as_function_record(found)
    first, second = (drawn(found.function, found.parts, record) for _ in range(2))
    assert first == second
    pixels = pixels_of(first)
    assert pixels.shape == (720, 1650, 4)
    outlined = (pixels[..., 2] > 0.8) & (pixels[..., 0] < 0.45)
    assert outlined.any()  # the remnant on the SPECT
    assert b"matplotlib" not in first.lower()


@pytest.mark.essential
@pytest.mark.slow
def test_curves_alone_and_a_spect_alone_are_drawn() -> None:
    for found in (answered(spect=None, basis=None), answered(activity=None)):
        content = drawn(found.function, found.parts, as_function_record(found))
        assert pixels_of(content).std() > 0.02


@pytest.mark.essential
@pytest.mark.slow
def test_a_remnant_beyond_the_layer_is_not_outlined() -> None:
    found = answered(activity=None)
    assert found.parts is not None
    gone = replace(found.parts, flr=found.parts.flr - found.parts.flr)
    content = drawn(found.function, gone, as_function_record(found))
    pixels = pixels_of(content)
    assert not ((pixels[..., 2] > 0.8) & (pixels[..., 0] < 0.45)).any()


@pytest.mark.essential
@pytest.mark.slow
def test_h11_the_picture_bears_case_flr_research_use_and_the_first_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A third of the counts, of 9 %/min/m2, are the remnant's: 3.00."""
    said: list[str] = []
    real = Figure.text

    def text(self: Figure, x: float, y: float, words: str, **more: Any) -> Any:
        said.append(words)
        return real(self, x, y, words, **more)

    monkeypatch.setattr(Figure, "text", text)
    found = answered()
    record = as_function_record(found)
    drawn(found.function, found.parts, record)
    told = " ".join(said)
    assert told.startswith(CASE)
    assert "FLR 33.3 % of the counts" in told
    assert "FLR 3.00 %/min/m\u00b2" in told
    assert format_first_finding(record.findings)[:40] in told
    assert said[-1] == RESEARCH


def test_nothing_is_not_drawn() -> None:
    found = answered(activity=None)
    with pytest.raises(InputRefused, match="requires curves, or a SPECT and a remnant"):
        drawn(found.function, None, as_function_record(found))


def test_arrays_are_turned_to_the_right_forwards_and_upwards() -> None:
    array = np.arange(24).reshape(2, 3, 4)
    grid = Grid((2, 3, 4), ((0, -2.0, 0, 0), (0, 0, 3.0, 0), (-4.0, 0, 0, 0)))  # ILA
    turned = _upright(array, grid)
    assert turned.shape == (3, 4, 2)
    assert turned[0, 0, 0] == array[1, 2, 0]


def test_json_is_the_same_bytes() -> None:
    assert as_json(as_function_record(answered())) == as_json(as_function_record(answered()))


def test_h03_a_half_of_iv_is_not_listed_next_to_the_whole() -> None:
    """The shares of the listed segments are of 100 %: a half is part of IV."""
    done = answered()
    spect = sure(done.function.spect)
    first, *_ = spect.segments
    halved = replace(spect, segments=(*spect.segments, alter(first, name="4a")))
    listed = sure(as_function_record(done).function.share).segments
    other = replace(done, function=replace(done.function, spect=halved))
    assert sure(as_function_record(other).function.share).segments == listed
