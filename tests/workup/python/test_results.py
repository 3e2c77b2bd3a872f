"""What Python gives: the record as the command line prints it, short to print, and as tables."""

import csv
import json
import pickle
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

import fl_planner
from fl_planner.basis import extras
from fl_planner.record.declaration.part import as_json
from fl_planner.workup.python import result as tables
from fl_planner.workup.python.result import ResultRows
from fl_planner.workup.python.words import as_exact
from tests.cli.outside import BUNDLED, SMALL, ask, told
from tests.patients import TRIALS
from tests.refusals import refuses

pytestmark = pytest.mark.slow

CRLM = BUNDLED / "crlm" / "case.toml"
FUNCTION = BUNDLED / "function"


@pytest.fixture(scope="module")
def made() -> Any:
    return fl_planner.plan(CRLM)


@pytest.mark.essential
def test_a_plan_is_the_record_of_the_command_line(made: Any) -> None:
    said = told("plan", CRLM)
    assert made.as_record() == fl_planner.as_record(made) == said
    assert made["flr_percent_shown"] == said["flr_percent_shown"]
    assert f"{made.as_json()}\n".encode() == ask("plan", CRLM, "--json").stdout


@pytest.mark.essential
def test_a_result_is_short_to_print(made: Any) -> None:
    assert repr(made).startswith("<fl_planner.plan: liver 1560 mL; FLR 29.96 %; ")
    assert "\n" not in repr(made)
    assert repr(made).endswith("1 warning>")
    bsa = fl_planner.calc("bsa", height_cm=180, weight_kg=80)
    assert repr(bsa) == "<fl_planner.calc: bsa_m2 2>"


def test_h08_a_printed_result_of_a_formula_is_on_its_side_of_the_limit() -> None:
    """8.90003·30 % = 2.670009, above 2.67; 100·300/1000 % and a scan without function."""
    given = {"total_function_pct_min_m2": "8.90003", "flr_share_percent": 30}
    function = repr(fl_planner.calc("flr_function", given, normalisation="extrahepatic"))
    assert "adequate yes; borderline yes; " in function
    assert function.endswith("flr_function_pct_min_m2 2.670009>")
    scan = {"day": 5, "flr_ml": 300, "nontumorous_ml": 1000}
    reached = repr(fl_planner.calc("limit_reach", scans=[scan, {"day": 9}]))
    assert "; flr_percent 30, unknown; function_reached unknown, unknown; reached yes, " in reached
    # of 180 cm and 80 kg, from 908.204·1.996421 - 464.728 to 1820 mL (DeLand)
    volume = repr(fl_planner.calc("tlv_est", height_cm=180, weight_kg=80))
    assert "across_formulas_ml 1348.4 to 1820; " in volume


def test_h16_a_number_not_to_be_used_is_marked_where_a_result_is_printed(tmp_path: Path) -> None:
    """Liver and map are mirrored: segments II and III are on the right."""
    nibabel: Any = pytest.importorskip("nibabel")
    image = nibabel.load(BUNDLED / "crlm" / "segments.nii.gz")
    mirrored = np.asanyarray(image.dataobj)[::-1]
    nibabel.save(nibabel.Nifti1Image(mirrored, image.affine, image.header), tmp_path / "m.nii.gz")
    liver = nibabel.Nifti1Image((mirrored > 0).astype(np.uint8), image.affine)
    nibabel.save(liver, tmp_path / "liver.nii.gz")
    wrong: Any = fl_planner.volume(
        liver=tmp_path / "liver.nii.gz",
        no_tumour=True,
        labelmap=tmp_path / "m.nii.gz",
        remnant_segments=(2, 3),
    )
    assert [one["number"] for one in wrong["withdrawn"]] == ["flr"]
    assert f"FLR {wrong['flr_percent_shown']} % (DO NOT USE: see the findings); " in repr(wrong)


@pytest.mark.essential
def test_a_result_is_a_mapping_of_its_record(made: Any) -> None:
    assert dict(made) == made.as_record()
    assert "growth" not in made
    assert made.get("growth") is None
    assert [*made] == [*made.as_record()]
    with pytest.raises(KeyError, match="no 'flr_percnt'; did you mean 'flr_percent'"):
        made["flr_percnt"]


def test_the_json_of_a_result_is_written_once_for_all_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    bsa = fl_planner.calc("bsa", height_cm=180, weight_kg=80)
    write = Mock(wraps=as_json)
    monkeypatch.setattr(tables, "as_json", write)
    row = dict(bsa)
    assert row["bsa_m2"] == bsa["bsa_m2"] == 2  # sqrt(180 * 80 / 3600)
    assert len(row) > 5
    assert write.call_count == 1
    row["inputs"]["height_cm"] = 170
    assert bsa["inputs"]["height_cm"] != 170  # a dict per question


@pytest.mark.essential
def test_a_declared_key_without_a_value_is_none(made: Any) -> None:
    assert made["growth"] is None
    assert made.get("growth", "unknown") == "unknown"
    with pytest.raises(KeyError, match="no 'grwth'; did you mean 'growth'"):
        made["grwth"]
    assert {"growth", "flr_percent", "flr_percent_shown"} <= {*made._ipython_key_completions_()}
    calculated = fl_planner.calc("bsa", height_cm=180, weight_kg=80)
    with pytest.raises(KeyError, match="did you mean 'bsa_m2'"):
        calculated["bsa_m"]


@pytest.mark.essential
def test_the_study_row_has_the_cells_of_the_command_line(made: Any) -> None:
    """`plan --csv` of the same case, read by the csv module of Python."""
    (header, cells) = csv.reader(ask("plan", fl_planner.sample("crlm"), "--csv").out.splitlines())
    row = made.row()
    assert [*row] == header
    printed = dict(zip(header, cells, strict=True))
    assert float(printed["flr_ml"]) == pytest.approx(row["flr_ml"])
    assert {key for key, cell in printed.items() if cell == ""} == {
        key for key, cell in row.items() if cell in (None, "")
    }


@pytest.mark.essential
def test_a_notebook_sees_answer_limits_and_picture(made: Any) -> None:
    html = made._repr_html_()
    picture = ('alt="Three image sections', 'src="data:image/png;base64,iVBOR')
    for seen in ("29.96", "DRAGON 2", *picture):
        assert seen in html


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb [WCAG 2.2]."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_its_colours_can_be_read_on_its_ground(made: Any) -> None:
    """Four and a half to one, as WCAG asks of text."""
    html = made._repr_html_()
    assert "background:#fff" in html
    colours = set(re.findall(r"color: (#[0-9a-f]{6})", html))
    assert colours
    assert all(1.05 / (luminance(one) + 0.05) >= 4.5 for one in colours)


@pytest.mark.essential
def test_rows_are_a_table_in_a_notebook_where_pandas_is(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.lesions._repr_html_().count("<tr") == 1 + 5
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    assert made.lesions._repr_html_() is None


@pytest.mark.essential
def test_h_names_of_files_are_escaped_in_a_notebook(tmp_path: Path) -> None:
    SMALL.write(tmp_path)
    odd = tmp_path / "<script>.nii"
    (tmp_path / "liver.nii").rename(odd)
    result = fl_planner.check(odd)
    assert "<script>" not in result._repr_html_()
    assert "&lt;script&gt;.nii" in result._repr_html_()


SAME: dict[str, tuple[Callable[..., Any], tuple[Any, ...], list[Any]]] = {
    "volume": (fl_planner.volume, (CRLM,), ["volume", CRLM]),
    "resections": (fl_planner.resections, (CRLM,), ["resections", CRLM]),
    "judge": (fl_planner.judge, (CRLM,), ["trials", "judge", CRLM]),
    "function": (
        fl_planner.function, (FUNCTION / "function.toml",), ["function", FUNCTION / "function.toml"]
    ),
    "check": (
        fl_planner.check,
        (BUNDLED / "crlm" / "liver.nii.gz", BUNDLED / "crlm" / "flr.nii.gz"),
        ["check", BUNDLED / "crlm" / "liver.nii.gz", BUNDLED / "crlm" / "flr.nii.gz"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.essential) if n in ("check", "judge") else n for n in SAME],
)
def test_each_function_gives_the_record_of_its_command(name: str) -> None:
    call, given, command = SAME[name]
    result = call(*given)
    assert result.as_record() == told(*command)
    assert repr(result).startswith(f"<fl_planner.{name}: ")
    assert "<pre" in result._repr_html_()


@pytest.mark.essential
def test_calc_by_keyword_and_by_mapping() -> None:
    by_keyword = fl_planner.calc("flr_bw", flr_ml=350, weight_kg=70)
    assert (
        by_keyword.as_record()
        == fl_planner.calc("flr_bw", {"flr_ml": 350}, weight_kg=70).as_record()
    )
    said = json.loads(
        ask("calc", "flr_bw", "--flr-ml", "350", "--weight-kg", "70", "--json").stdout
    )
    assert by_keyword["flr_bw_percent"] == said["flr_bw_percent"]
    with refuses("calc.input"):
        fl_planner.calc("flr_bw", flr_ml="much", weight_kg=70)


@pytest.mark.essential
def test_judge_takes_facts_in_memory_as_their_file(tmp_path: Path) -> None:
    facts = {"ecog": 1, "crlm_present": True, "sex": "male", "age": {"value": 61, "unit": "a"},
             "creatinine": {"value": 1.09, "unit": "mg/dL"}}  # fmt: skip
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts))
    by_file = fl_planner.judge(path).as_record()
    by_facts = fl_planner.judge(facts).as_record()
    assert {**by_file, "inputs": []} == by_facts
    offered = [one["key"] for one in by_facts["route"]["questions"] if one.get("computed")]
    assert offered == ["egfr_mdrd"]
    with refuses("facts.unreadable", "facts"):
        fl_planner.judge({"ecogg": 1})


def test_tables_have_a_row_for_each(made: Any) -> None:
    record = made.as_record()
    assert len(made.lesions) == len(record["lesions"]) == 5
    assert len(made.segments) == len(record["segments"])
    assert [one["code"] for one in made.resections] == [one["code"] for one in record["resections"]]
    assert len(made.criteria) == sum(len(trial.criteria) for trial in TRIALS)
    assert made.criteria[0]["trial"] == record["trials"][0]["id"]
    assert made.findings[:1] == (record["findings"][0],)
    assert len(made.rows("no_such_list")) == 0
    assert repr(made.lesions) == "<lesions: 5 rows>"
    assert len(fl_planner.judge(CRLM).criteria) == len(made.criteria)
    assert len(fl_planner.resections(CRLM).resections) > 0


@pytest.mark.essential
def test_a_frame_has_nested_keys_joined_by_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def frame(rows: Any, columns: Any) -> Any:
        return SimpleNamespace(rows=rows, columns=columns)

    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=frame))
    given = ResultRows.of("x", [{"a": 1, "b": {"c": 2, "d": {"e": 3}}}, {"f": [4], "a": 5}])
    made = given.to_frame()
    assert made.columns == ["a", "b.c", "b.d.e", "f"]
    assert made.rows == [{"a": 1, "b.c": 2, "b.d.e": 3}, {"f": [4], "a": 5}]


@pytest.mark.essential
def test_without_pandas_a_frame_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with refuses("extra.missing", "pandas") as caught:
        ResultRows.of("x", []).to_frame()
    assert "pip install '.[pandas]'" in caught.value.remedy


@pytest.mark.essential
def test_convert_takes_an_image_in_memory(tmp_path: Path) -> None:
    import numpy as np

    voxels = np.zeros((6, 6, 6), dtype=bool)
    voxels[2:4, 2:4, 2:4] = True
    image = fl_planner.Image(voxels, spacing_mm=(1, 2, 3), orientation="LPS", origin_mm=(4, 5, 6))
    result = fl_planner.convert(image, tmp_path / "mask.nrrd")
    assert result["inputs"][0]["file"] == "array input"
    text = (tmp_path / "mask.nrrd").read_bytes()
    assert b"left-posterior-superior" in text
    assert b"space origin: (4,5,6)" in text.replace(b"4.0", b"4").replace(b"5.0", b"5").replace(
        b"6.0", b"6"
    )


@pytest.mark.essential
def test_a_result_comes_back_from_another_process_with_its_table_and_picture(made: Any) -> None:
    study = fl_planner.function(FUNCTION / "function.toml")
    for result in (made, made.lesions, study, fl_planner.volume(CRLM)):
        again = pickle.loads(pickle.dumps(result))
        assert again == result
        assert again._repr_html_() == result._repr_html_()
    masks = [one.plan.case.anatomy.flr for one in (made, pickle.loads(pickle.dumps(made)))]
    assert masks[0].voxel_count == masks[1].voxel_count


@pytest.mark.essential
def test_report_and_pictures_of_images_in_memory(tmp_path: Path) -> None:
    folder = BUNDLED / "crlm"
    masks: dict[str, Any] = {role: folder / f"{role}.nii.gz" for role in ("liver", "tumour", "flr")}
    made = fl_planner.report(**masks, diagnosis="crlm", out=tmp_path / "report.html")
    assert "29.96" in made.read_text("utf-8")
    drawn = fl_planner.pictures(**masks, out=tmp_path / "drawn", dpi=50)
    assert all(one.exists() for one in drawn)
    assert "cuts.png" in [one.name for one in drawn]


@pytest.mark.essential
def test_lists_of_floats_are_the_decimals_that_were_entered() -> None:
    times, counts = [0.1, 0.2, 0.3], [10.1, 20.2, 30.3]
    typed = {"time_s": ["0.1", "0.2", "0.3"], "counts": ["10.1", "20.2", "30.3"]}
    expected = as_exact({key: [Decimal(one) for one in entry] for key, entry in typed.items()})
    for kind in (list, tuple, np.array, lambda of: np.array(of, dtype=np.float32)):
        assert as_exact({"time_s": kind(times), "counts": kind(counts)}) == expected
    assert as_exact([np.int64(3), np.float64(0.7), [0.1, [1]]]) == [
        3, Decimal("0.7"), [Decimal("0.1"), [1]],
    ]  # fmt: skip
