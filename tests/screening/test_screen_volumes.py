"""Volumes and FLR in a worklist: of case files in a folder, as `plan` tells them; of lists none."""

import csv
import shutil
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.over_time.worklist import ScreenedRecord
from fl_planner.screening.in_words import list_word_columns
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml, told
from tests.record.schemas import require_valid

COLUMNS = {"liver_ml": "liver", "tumour_ml": "tumour", "nontumour_ml": "nontumorous_liver",
           "flr_ml": "flr"}  # fmt: skip


def worklist(path: Path) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(StringIO(ask("screen", path, "--csv").out))
    return {row["record_id"]: row for row in rows}


@pytest.mark.slow
def test_a_folder_of_cases_has_the_volumes_that_each_has_by_itself(tmp_path: Path) -> None:
    for name in ("crlm", "hcc"):
        shutil.copytree(BUNDLED / name, tmp_path / name)
    (tmp_path / "facts.json").write_text('{"id": "p3", "crlm_present": true}', "utf-8")
    rows = worklist(tmp_path)
    record = require_valid(told("screen", tmp_path))
    for name in ("crlm", "hcc"):
        plan, row = told("plan", tmp_path / name / "case.toml"), rows[f"{name}-demo"]
        assert [float(row[one]) for one in COLUMNS] == [
            plan["volumes_ml"][key] for key in COLUMNS.values()
        ]
        assert float(row["flr_pct"]) == plan["flr_percent"]
        (mine,) = (one for one in record["rows"] if one["id"] == f"{name}-demo")
        assert mine["flr_percent_shown"] == plan["flr_percent_shown"]
    assert {rows["p3"][one] for one in (*COLUMNS, "flr_pct")} == {""}


def test_h03_the_denominator_of_an_flr_is_named(tmp_path: Path) -> None:
    """Without a tumour mask, the share is of the whole liver, whatever tumour it contains."""
    SMALL.write(tmp_path, flr=(0, 2400))
    for name, more in (("none", "no_tumour = true"), ("unknown", "")):
        text = f'[masks]\nliver = "../liver.nii"\nflr = "../flr.nii"\n{more}\n'
        (tmp_path / name).mkdir()
        case_toml(tmp_path / name, f'id = "{name}"\n{text}')
    rows = {row["id"]: row for row in require_valid(told("screen", tmp_path))["rows"]}
    named = {"none": "measured_nontumour", "unknown": "measured_liver"}
    assert {id_: row["denominator"] for id_, row in rows.items()} == named
    assert {id_: row["denominator"] for id_, row in worklist(tmp_path).items()} == named
    columns = {one.name: one.read for one in list_word_columns({})}
    read = columns["Denominator of the FLR"]
    words = {id_: read(read_record(ScreenedRecord, row)) for id_, row in rows.items()}
    assert words == {"none": "non-tumorous liver", "unknown": "whole liver (no tumour mask)"}
    ml = columns["Non-tumorous liver (mL)"]
    read_ml = {id_: ml(read_record(ScreenedRecord, row)) for id_, row in rows.items()}
    assert read_ml == {"none": 1000, "unknown": None}  # who has no tumour mask may have tumour


def test_h12_what_is_not_to_be_used_is_in_no_worklist(tmp_path: Path) -> None:
    """The remnant is another than the one that a reader verified."""
    SMALL.write(tmp_path, flr=(0, 2400))
    masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true'
    was = f'[imaging]\nstatus = "verified"\n[imaging.sha256]\nflr = "{"0" * 64}"'
    case_toml(tmp_path, f'id = "p1"\n{masks}\n{was}\n')
    (row,) = worklist(tmp_path).values()
    assert "case.mask_changed" in row["findings_codes"]
    assert (row["flr_ml"], row["flr_pct"]) == ("", "")
    assert "error: " in row["doubts"]  # among warnings, an error is named as such
    assert "! error: " in ask("screen", tmp_path).out
    assert not told("screen", tmp_path)["rows"][0].keys() & {
        "flr_percent", "flr_percent_shown", "denominator"
    }  # fmt: skip
