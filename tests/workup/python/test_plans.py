"""Stored plans, and many plans as one table: columns of `plan --csv`, types, and refusals."""

import csv
import json
from dataclasses import replace
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import structs

import fl_planner
from fl_planner.basis import extras
from fl_planner.export.plan_columns import as_codebook
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Operation
from fl_planner.record.declaration.part import as_json
from fl_planner.record.head import FindingRecord, InputRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.workup.python.answers import PlanOutcome
from fl_planner.workup.python.result import NotebookView
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml
from tests.record.planned import NO_TUMOUR, WHOLE, made
from tests.refusals import refuses
from tests.vessel_liver import vessel_anatomy

LOCAL = "1st of the harbour"  # no name of a column begins with a digit


@pytest.fixture
def pandas() -> Any:
    """Load pandas where a test runs: its library has a thread, and `tests/hazards` forks."""
    return import_module("pandas")


def answer(record: PlanRecord) -> PlanOutcome:
    return PlanOutcome("plan", record, NotebookView(lambda _: ""))


def planned(id_: str | None = "p1", *, trial: str | None = None, **more: Any) -> PlanOutcome:
    """Plan 300 of 1,500 mL with a tumour of 27 mL; the last trial is a hospital's own."""
    record = as_plan_record(made(**{"id": id_, **more}))
    if trial is not None:
        *bundled, last = record.judged.trials
        own = structs.replace(last, trial=structs.replace(last.trial, id=trial))
        judged = structs.replace(record.judged, trials=(*bundled, last, own))
        record = structs.replace(record, judged=judged)
    return answer(record)


def stored(tmp_path: Path, plan: PlanOutcome, name: str = "plan.json") -> Path:
    path = tmp_path / name
    path.write_text(plan.as_json(), "utf-8")
    return path


def test_a_frame_has_the_columns_of_the_codebook_with_their_units() -> None:
    frame = fl_planner.frame([planned(), planned("p2", diagnosis="hcc")])
    codebook = [*csv.DictReader(StringIO(as_codebook()))]
    assert [*frame.columns] == [one["column"] for one in codebook]
    assert frame.columns.is_unique
    assert frame.attrs["units"] == {one["column"]: one["unit"] for one in codebook if one["unit"]}
    assert frame.attrs["units"]["flr_ml"] == "mL"
    assert frame.attrs["meanings"]["diagnosis"].endswith("(1, crlm | 2, hcc | 3, other)")
    assert frame.attrs["version"] == fl_planner.__version__
    kinds = {"text": "string", "yes_no": "boolean", "integer": "Int64", "choice": "Int64"}
    types = {one["column"]: kinds.get(one["type"], "Float64") for one in codebook}
    assert {name: str(of) for name, of in frame.dtypes.items()} == types
    assert [*frame["record_id"]] == ["p1", "p2"]
    assert [*frame["diagnosis"]] == [1, 2]
    assert [*frame["flr_ml"]] == pytest.approx([300, 300])
    assert [*frame["flr_pct"]] == pytest.approx([100 * 300 / 1473] * 2)
    assert [*frame["lesion_count"]] == [1, 1]


def test_cells_of_a_row_have_the_types_that_type_checkers_read() -> None:
    """`python_records` types the kinds of the codebook; a whole number is a float too."""
    typed = {"text": str, "yes_no": bool, "integer": int, "choice": int, "number": int | float}
    kinds = {one["column"]: one["type"] for one in csv.DictReader(StringIO(as_codebook()))}
    cut = Operation(cuts=(BranchCut("portal", branch="right_portal_vein"),))
    for plan in (planned(), planned(anatomy=vessel_anatomy(), operations=(cut,))):
        row = {name: cell for name, cell in plan.row().items() if cell is not None}
        assert row
        assert {name: cell for name, cell in row.items()
                if not isinstance(cell, typed[kinds[name]])
                or (isinstance(cell, bool) and kinds[name] != "yes_no")} == {}  # fmt: skip


def test_h16_an_unknown_is_na_and_no_zero_and_no_false(pandas: Any) -> None:
    """Of a case without height: no body surface; whether the lesions are bilobar is not known."""
    (row,) = (row for _, row in fl_planner.frame(planned()).iterrows())
    for name in ("bsa_m2", "sflr_pct", "seg4_ml", "flr_supplied_pct", "flr_function_origin"):
        assert row[name] is pandas.NA, name
    frame = fl_planner.frame([planned(), planned("p2", height_cm=None)])
    assert frame["bsa_m2"].isna().all()
    assert (frame["sflr_pct"] < 30).isna().all()
    assert frame["remnant_seg___4"].isna().all()
    whole = fl_planner.frame(planned(anatomy=replace(WHOLE, tumour=NO_TUMOUR)))
    assert [*whole["lesion_count"]] == [0]


def test_h11_trials_of_two_hospitals_share_no_column() -> None:
    """Each alone is `trial_6`, as its name cannot be that of a column."""
    one, other = planned("p1", trial=LOCAL), planned("p2", trial="2nd of the harbour")
    assert "trial_6_verdict" in one.row()
    assert "trial_6_verdict" in other.row()
    frame = fl_planner.frame([one, other])
    assert frame.columns.is_unique
    assert [*frame["trial_6_verdict"].isna()] == [False, True]
    assert [*frame["trial_7_verdict"].isna()] == [True, False]


def test_h13_a_row_has_no_estimate_where_only_a_range_applies() -> None:
    """In a liver of 332 mL every cut is uncertain, as in `plan --csv`."""
    cut = Operation(cuts=(BranchCut("portal", branch="right_portal_vein"),))
    plan = planned(anatomy=vessel_anatomy(), operations=(cut,))
    row = plan.row()
    assert (row["flr_supplied_ml"], row["flr_supplied_pct"]) == (None, None)
    low, high = row["flr_supplied_pct_low"], row["flr_supplied_pct_high"]
    assert low is not None
    assert high is not None
    assert low < high
    frame = fl_planner.frame(plan)
    assert frame["flr_supplied_pct"].isna().all()
    assert frame["flr_supplied_pct_low"].notna().all()


def test_h11_two_plans_of_one_id_are_refused() -> None:
    with refuses("screen.id_twice", "p1"):
        fl_planner.frame([planned(), planned("p2"), planned()])
    assert len(fl_planner.frame([planned(None), planned(None, diagnosis="hcc")])) == 2


def test_h11_two_ids_with_the_files_of_one_patient_are_reported_at_both() -> None:
    """Two of three have one liver, byte for byte."""

    def of(id_: str, sha256: str) -> PlanOutcome:
        given = InputRecord(role="liver", file="liver.nii", sha256=sha256, format="nifti")
        return answer(structs.replace(planned(id_).record, inputs=(given,)))

    frame = fl_planner.frame([of("p1", "a" * 64), of("p2", "a" * 64), of("p3", "b" * 64)])
    found = [("cohort.one_patient" in codes) for codes in frame["findings_codes"]]
    assert found == [True, True, False]
    warnings = [*frame["findings_warning"]]
    assert warnings[0] == warnings[1] == warnings[2] + 1
    assert [*frame.attrs["doubts"]] == ["p1", "p2"]
    assert "has the same files as p2 (liver)" in frame.attrs["doubts"]["p1"]


def test_h12_plans_of_two_versions_are_not_rows_of_one_table() -> None:
    older = answer(structs.replace(planned("p2").record, version="0.0.9"))
    with refuses("output.versions", "plans", says="0.0.9, "):
        fl_planner.frame([planned(), older])
    assert fl_planner.frame([older]).attrs["version"] == "0.0.9"


def test_h13_a_plan_whose_numbers_must_not_be_used_is_no_row() -> None:
    wrong = FindingRecord(
        code="mask.outside", severity="error", message="of another scan", file=None
    )
    doubtful = answer(structs.replace(planned("p2").record, findings=(wrong,)))
    with refuses("output.doubtful", "p2", says="mask.outside"):
        fl_planner.frame([planned(), doubtful])


def test_what_is_no_plan_is_refused_and_no_plans_are_an_empty_table() -> None:
    for given in (["plan.json"], [planned(), fl_planner.calc("bsa", height_cm=180, weight_kg=80)]):
        with refuses("usage.wrong", "plans", says="is not a result of plan or read"):
            fl_planner.frame(cast("Any", given))
    empty = fl_planner.frame([])
    assert len(empty) == 0
    assert str(empty["flr_ml"].dtype) == "Float64"
    assert empty.attrs["version"] is None


def test_without_pandas_a_table_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with refuses("extra.missing", "pandas"):
        fl_planner.frame([])


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("interval_percent", r"it is in \['ratios'\]\['flr'\]\['interval_percent'\]"),
        ("flr_ml", r"in \['volumes_ml'\]\['flr'\]"),
        ("headline", r"it is in \['pathway'\]\['headline'\] and in \['route'\]\['headline'\]"),
        ("flr_percnt", "did you mean 'flr_percent'"),
        ("zzz", "has no 'zzz'"),
    ],
)
def test_a_key_of_a_part_is_refused_with_its_place(key: str, says: str) -> None:
    plan = planned()
    with pytest.raises(KeyError, match=says):
        plan[key]
    assert plan["growth"] is None
    assert {"growth", "flr_percent"} <= {*plan._ipython_key_completions_()}


def test_a_stored_plan_is_read_with_its_keys_and_tables(tmp_path: Path) -> None:
    plan = planned()
    read = fl_planner.read(stored(tmp_path, plan))
    assert read.as_record() == plan.as_record()
    assert repr(read).startswith("<fl_planner.read: liver 1500 mL; FLR 20.4 %")
    assert len(read.lesions) == 1
    assert read.row()["flr_ml"] == pytest.approx(300)
    assert fl_planner.frame([read])["flr_ml"][0] == pytest.approx(300)


def test_h12_a_plan_in_the_form_of_another_version_is_not_read(tmp_path: Path) -> None:
    path = stored(tmp_path, planned())
    text = path.read_text("utf-8")
    schema = json.loads(text)["schema"]
    path.write_text(text.replace(schema, "fl-planner/plan/99"), "utf-8")
    with refuses("verify.other_schema", "plan.json"):
        fl_planner.read(path)


def test_what_is_no_stored_plan_is_refused(tmp_path: Path) -> None:
    plan = planned().as_record()
    wrong = {
        "the file is not a valid": {**plan, "voxel_ml": "much"},
        "the file is the output of volume, not of plan": {
            **{key: plan[key] for key in ("version", "status", "inputs", "findings")},
            "schema": "fl-planner/volume/1",
        },
    }
    path = tmp_path / "other.json"
    for says, record in wrong.items():
        path.write_text(as_json(record), "utf-8")
        with refuses("verify.not_an_output", "other.json", says=says):
            fl_planner.read(path)
    path.write_text("no JSON")
    with refuses("verify.not_an_output", "other.json", says="not JSON"):
        fl_planner.read(path)


def test_h12_a_plan_that_was_read_is_no_entry_of_a_log(tmp_path: Path) -> None:
    read = fl_planner.read(stored(tmp_path, planned()))
    with refuses("usage.wrong", "result"):
        fl_planner.add_to_log(cast("Any", read), tmp_path / "log.db")
    assert not (tmp_path / "log.db").exists()


@pytest.mark.slow
def test_a_frame_has_the_cells_of_the_command_line(pandas: Any, tmp_path: Path) -> None:
    """`plan --csv` of two cases, read by pandas with blanks as missing, and stored plans."""
    SMALL.write(tmp_path, flr=(0, 2400))
    masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    cases = [BUNDLED / "crlm" / "case.toml", case_toml(tmp_path, f'id = "small"\n{masks}')]
    printed = pandas.read_csv(StringIO(ask("plan", *cases, "--csv").out))
    plans = []
    for number, case in enumerate(cases):
        path = tmp_path / f"{number}.json"
        path.write_text(ask("plan", case, "--json").out, "utf-8")
        plans.append(fl_planner.read(path))
    for frame in (fl_planner.frame(plans), fl_planner.frame(map(fl_planner.plan, cases))):
        assert [*frame.columns] == [*printed.columns]
        for name in frame.columns:
            for ours, theirs in zip(frame[name], printed[name], strict=True):
                if pandas.isna(theirs):
                    assert pandas.isna(ours) or ours == "", name
                elif isinstance(theirs, str):
                    assert ours == theirs, name
                else:
                    assert float(ours) == pytest.approx(float(theirs)), name
