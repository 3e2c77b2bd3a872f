"""A plan as one row for REDCap: names, codes, blanks, and numbers counted by hand."""

import csv
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.export.columns_from_keys import Column
from fl_planner.export.plan_columns import (
    SEGMENTS,
    PlanTables,
    as_codebook,
    as_row,
    list_plan_columns,
)
from fl_planner.export.table_writing import write_csv
from fl_planner.intake.documents.protocols import read_bundled_trials, read_route_rows
from fl_planner.planning.given.case import Accepted, Embolisation, Operation, Reading
from fl_planner.planning.volume_pathway.pathway_rows import ROWS
from fl_planner.record.plan import as_plan_record
from fl_planner.space.grid import Image
from fl_planner.trials.statements import Amount, Stated
from tests.cases import each_case
from tests.cli.outside import BUNDLED, SMALL, ask, bundled, case_toml, refused, told
from tests.export.test_fhir_round_trip import GRIDS, share_of
from tests.masks import LIVER_GRID, small_liver, small_segments
from tests.planning.assessment.test_function import counts
from tests.planning.assessment.test_function import given as scintigraphy
from tests.record.planned import NO_TUMOUR, WHOLE, made, read_plan
from tests.record.schemas import Record, schema_of

COLUMNS = list_plan_columns()
NAMES = [column.name for column in COLUMNS]
ENDINGS = {"mL": "_ml", "%": "_pct", "mm": "_mm", "cm": "_cm", "kg": "_kg", "Gy": "_gy",
           "m2": "_m2", "d": "_d", "voxels": "_vox", "1": "_chance"}  # fmt: skip


def row_of(*args: Any, **entries: Any) -> dict[str, str]:
    """Give the cells of a plan's row by the names of their columns."""
    header, cells = csv.reader(StringIO(as_row(as_plan_record(made(*args, **entries)))))
    return dict(zip(header, cells, strict=True))


def test_names_are_such_as_redcap_takes() -> None:
    """Lower case, ASCII, at most 26, the unit at the end, each once; record_id first."""
    assert NAMES[0] == "record_id"
    assert len(set(NAMES)) == len(NAMES)
    for column in COLUMNS:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,25}", column.name), column.name
        ending = ENDINGS.get(column.unit, "")
        assert re.search(rf"{ending}(?:_low|_high|_pt)?$", column.name), column.name


@each_case("name", GRIDS.keys())
def test_h08_exactly_30_percent_of_voxels_is_30_percent_of_the_volumes_in_a_table(
    name: str,
) -> None:
    """1,803 of 6,010 voxels; with 9 digits, the volumes may be 29.99999996 %."""
    row = row_of(share_of(GRIDS[name], 6_010, 1_803, 401))
    whole, flr, voxel = (Fraction(row[key]) for key in ("nontumour_ml", "flr_ml", "voxel_ml"))
    assert flr / whole == Fraction(3, 10)
    assert flr == 1_803 * voxel
    assert whole == 6_010 * voxel
    assert Fraction(row["flr_pct"]) == 30


@pytest.mark.slow
def test_h08_every_volume_in_a_table_is_a_whole_number_of_voxels() -> None:
    """It is that of the record to 9 digits, and a resection's is that of its voxels."""
    record = read_plan(bundled("crlm", "--json").record)
    cells = dict(zip(*csv.reader(StringIO(as_row(record))), strict=True))
    voxel = Fraction(cells["voxel_ml"])
    volumes = [one for one in COLUMNS if one.unit == "mL" and one.of(record) is not None]
    assert {"flr_ml", "nontumour_ml", "seg4_ml"} <= {one.name for one in volumes}
    for one in volumes:
        assert float(cells[one.name]) == pytest.approx(one.of(record), rel=1e-8), one.name
        assert (Fraction(cells[one.name]) / voxel).denominator == 1, one.name
    tables = PlanTables.of(record)
    for row in csv.DictReader(StringIO(write_csv(tables.resections))):
        assert Fraction(row["flr_ml"]) == int(row["flr_voxels"]) * voxel
    lesions = csv.DictReader(StringIO(write_csv(tables.lesions)))
    for row, lesion in zip(lesions, record.tumour.lesions or (), strict=True):
        assert (Fraction(row["volume_ml"]) / voxel).denominator == 1
        assert row["lesion"] == str(lesion.number)
        for name in ("axial_diameter_mm", "longest_diameter_mm", "surface_mm"):
            assert float(row[name]) == pytest.approx(getattr(lesion, name)), name
        assert row["clears_with"].split() == [*(lesion.clears_with or ())]
        assert row["segments"].split() == [one.name for one in lesion.segments or ()]


PATHWAYS = (
    "volumes_contradict", "two_cancers", "no_threshold_applies", "diagnosis_needed",
    "radioembolisation_rescue", "radioembolisation_rescue_lung_dose_open", "flr_needed",
    "function_below_limit", "no_growth_needed", "depends_on_chemo_damage",
    "depends_on_liver_disease", "pve", "pve_or_pve_hve", "growth_needed_outside_five",
    "not_answered", "no_tumour", "tumour_needed", "depends_on_clearing",
    "no_growth_needed_with_clearing", "limit_reached_after_embolisation",
    "limit_not_reached_after_embolisation", "limit_reached_by_function_after_embolisation",
)  # fmt: skip
ROUTES = (
    "needs_mdt", "needs_data", "trial_dragon2", "trial_local_plus_systemic",
    "trial_ablation_timing", "trial_pump_it", "trial_rescue", "pve_outside_trial",
    "resection_without_augmentation", "outside_five_dragon_plc",
    "resection_after_augmentation",
)  # fmt: skip
CHOICES = {
    "diagnosis": ("crlm", "hcc", "other"),
    "reading_status": ("draft", "verified"),
    "denominator": ("measured_nontumour", "measured_liver"),
    "remnant_origin": ("drawn", "segments"),
    "flr_function_origin": ("given", "measured"),
    "embolisation_kind": ("PVE", "HVE", "PVE/HVE", "ALPPS", "Y90"),
    "pathway": PATHWAYS,
    "route": ROUTES,
}
METHODS = ("automatic", "carried", "manual", "semi-automatic", "unknown")


def test_a_code_is_for_ever() -> None:
    """A study's data base holds them: a word that is added gets the next one."""
    for column in COLUMNS:
        if column.name.endswith("_verdict"):
            assert column.choices == ("eligible", "not_eligible", "indeterminate")
        elif column.name.endswith("_shown"):
            assert column.choices == (
                *("for another diagnosis", "potentially eligible", "not eligible"),
                *("undecided", "meets all criteria"),
            )
        elif column.name.endswith("_method"):
            assert column.choices == METHODS
        elif f"{column.name}_chance" in NAMES:
            assert column.choices == ("below", "at", "above")
        else:
            assert column.choices == CHOICES.get(column.name, ())
        assert (column.kind == "choice") == bool(column.choices)
    assert {(row.pathway, row.csv) for row in ROWS} == {*zip(PATHWAYS, range(1, 23), strict=True)}
    routes = {(row.route, row.csv) for row in read_route_rows()}
    assert routes == {*zip(ROUTES, range(1, 12), strict=True)}


LONG = "ID-OF-MORE-THAN-15-LETTERS"


@each_case(
    "own, stems",
    {
        "a number that an id has": (("TRIAL-7", LONG), ("trial_7", "trial_8")),
        "of a later id": ((LONG, "TRIAL-6"), ("trial_7", "trial_6")),
        "alike as names": (("TRIAL-7", "Trial 7"), ("trial_7", "trial_8")),
        "free": ((LONG, "HARBOUR-1"), ("trial_6", "harbour_1")),
    },
)
def test_h11_no_two_trials_of_a_hospital_share_a_column(
    own: tuple[str, ...], stems: tuple[str, ...]
) -> None:
    """A program that reads rows by names would give the verdict of one trial as another's."""
    columns = list_plan_columns(own)
    assert len({one.name for one in columns}) == len(columns)
    verdicts = [one.name for one in columns if one.name.endswith("_verdict")]
    assert verdicts[-2:] == [f"{stem}_verdict" for stem in stems]


def test_words_have_codes_for_all_that_the_program_states() -> None:
    """Every limit and trial, by columns of names that stay too."""
    limits = ["dragon2_flr_30", "dragon2_flr_40", "dragon2_clear_30", "dragon2_clear_40",
              "dragon_plc_flr_30", "dragon_plc_flr_40", "dragon_plc_flr_50",
              "dragon_plc_clear_30", "dragon_plc_clear_40", "dragon_plc_clear_50",
              "rescue_untreated_30"]  # fmt: skip
    assert [name for name in NAMES if f"{name}_chance" in NAMES] == limits
    verdicts = [f"{trial.id.lower()}_verdict" for trial in read_bundled_trials()]
    assert [name for name in NAMES if name.endswith("_verdict")] == verdicts


def properties(schema: Record) -> Record:
    """Give the keys that a schema describes."""
    found: Record = schema["properties"]
    return found


@each_case("column", {str(column.name): column for column in COLUMNS})
def test_every_column_is_in_the_record_s_schema(column: Column) -> None:
    schema: Any = schema_of("plan")["oneOf"][0]
    for step in re.findall(r"\[[^]]+\]|[^.\[\]]+", column.source):
        if step.startswith("["):
            schema = schema["items"]
            assert step.strip("[").partition("=")[0] in properties(schema)
        elif "patternProperties" in schema:
            schema = schema["patternProperties"]["."]
        else:
            schema = properties(schema)[step]
    if column.choices and column.name not in ("route",):
        assert set(column.choices) == set(schema["enum"])
    kinds = {"yes_no": ["boolean"], "number": ["number", "integer"], "integer": ["integer"]}
    if schema["type"] not in ("array", "object"):
        assert schema["type"] in kinds.get(column.kind, ["string"])


def test_a_row_counted_by_hand() -> None:
    """300 of 1500 - 27 voxels of 1 mL; one lesion of 3 x 3 x 3 cm, 5 % of the way to 30 %."""
    row = row_of(replace(WHOLE, segments=small_segments()), id="case-001")
    assert (row["record_id"], row["diagnosis"], row["denominator"]) == ("case-001", "1", "1")
    assert (row["liver_ml"], row["tumour_ml"], row["nontumour_ml"]) == ("1500", "27", "1473")
    assert (row["flr_ml"], row["flr_vox"], row["flr_whole_vox"]) == ("300", "300", "1473")
    assert float(row["flr_pct"]) == pytest.approx(100 * 300 / 1473, rel=1e-8)
    assert float(row["flr_pct_low"]) < float(row["flr_pct"]) < float(row["flr_pct_high"])
    assert (row["dragon2_flr_30"], row["dragon2_flr_40"]) == ("1", "1")
    assert 0 < float(row["dragon2_flr_30_chance"]) < 0.5
    assert (row["seg1_ml"], row["seg2_ml"], row["seg4a_ml"]) == ("90", "150", "")
    assert (row["lesion_count"], row["lesion_bilobar"]) == ("1", "0")
    assert float(row["lesion_largest_cm"]) == pytest.approx(3 * 2**0.5, rel=1e-8)
    assert (row["pathway"], row["pathway_row"]) == ("13", "V13")  # pve_or_pve_hve
    assert (row["route"], row["route_row"]) == ("2", "C10")  # needs_data
    assert (row["nct05428735_verdict"], row["nct06178198_verdict"]) == ("3", "2")


def test_h16_blank_is_not_known_and_zero_is_none() -> None:
    bare = row_of(small_liver(), diagnosis=None)
    for name in ("record_id", "diagnosis", "tumour_ml", "flr_pct", "flr_ml", "dragon2_flr_30",
                 "lesion_count", "lesion_bilobar", "seg1_ml", "sflr_pct", "remnant_origin",
                 "remnant_seg___1", "rescue_untreated_30", "flr2_pct", "lung_dose_gy"):  # fmt: skip
        assert bare[name] == "", name
    assert bare["findings_error"] == "0"
    none = row_of(replace(WHOLE, tumour=NO_TUMOUR))
    assert (none["tumour_ml"], none["lesion_count"], none["lesion_largest_cm"]) == ("0", "0", "")


@pytest.mark.essential
@pytest.mark.slow
def test_the_segments_that_remain_are_ticked() -> None:
    operation = Operation(None, ("1", "2", "3"))
    anatomy = replace(WHOLE, flr=None, segments=small_segments())
    row = row_of(anatomy, operations=(operation,))
    ticked = {name for name in SEGMENTS if row[f"remnant_seg___{name}"] == "1"}
    assert (ticked, row["remnant_origin"]) == ({"1", "2", "3"}, "2")
    assert row["remnant_seg___8"] == "0"
    drawn = row_of(replace(WHOLE, segments=small_segments()))
    assert {drawn[f"remnant_seg___{name}"] for name in SEGMENTS} == {""}


def test_findings_are_counted_and_named() -> None:
    """Its voxels are 10 mm high, and nothing is said of a tumour."""
    row = row_of(small_liver())
    assert row["findings_codes"] == "plausibility.thick_slices tumour.not_given"
    assert [row[f"findings_{name}"] for name in ("info", "warning", "error")] == ["1", "1", "0"]


def test_a_pseudonym_that_a_spreadsheet_would_run_is_none() -> None:
    assert row_of(WHOLE, id="=1+1")["record_id"] == "'=1+1"


def test_the_codebook_states_what_each_column_means() -> None:
    rows = list(csv.DictReader(StringIO(as_codebook())))
    assert [row["column"] for row in rows] == NAMES
    book = {row["column"]: row for row in rows}
    assert book["dragon2_flr_30"]["choices"] == "1, below | 2, at | 3, above"
    assert book["dragon2_flr_30"]["source"] == "thresholds.[name=dragon2.flr_30].answer"
    assert (book["flr_pct"]["unit"], book["flr_pct"]["type"]) == ("%", "number")
    assert book["pathway_borderline"]["choices"] == "0, no | 1, yes"
    assert all(row["meaning"] and row["source"] for row in rows)
    assert [row["meaning"] for row in rows if row["meaning"].count(", in words") > 1] == []
    assert ask("schema", "codebook").out == as_codebook()


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param("crlm", marks=pytest.mark.essential), "hcc"])
def test_the_command_prints_the_row_of_its_json(name: str) -> None:
    ran = ask("plan", BUNDLED / name / "case.toml", "--csv")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == as_row(read_plan(told("plan", BUNDLED / name / "case.toml")))
    assert ran.out.count("\n") == 2


def test_csv_and_json_at_once_are_refused() -> None:
    refusal = refused("plan", BUNDLED / "crlm" / "case.toml", "--csv", "--json")
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", "--csv")


def test_h12_numbers_that_are_not_to_be_used_go_into_no_data_base(tmp_path: Path) -> None:
    """The masks were verified in another version: an error, which no reader accepted."""
    SMALL.write(tmp_path, flr=(0, 2400))
    masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true'
    was = f'[imaging]\nstatus = "verified"\n[imaging.sha256]\nflr = "{"0" * 64}"'
    case = case_toml(tmp_path, f"{masks}\n{was}\n")
    ran = ask("plan", case, "--csv")
    assert (ran.status, ran.out) == (2, "")
    assert "case.mask_changed" in ran.err


def test_h17_a_share_of_the_counts_of_a_shifted_spect_is_blank() -> None:
    """A shift by 1 cm is an error: a data base takes no such number."""
    size = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    shifted = Image(np.roll(counts(), 1, 2), 1.0, 0.0, LIVER_GRID, "spect.nii.gz")
    for study, shown in ((scintigraphy(), True), (scintigraphy(spect=shifted), False)):
        row = row_of(WHOLE, scintigraphy=study, **size)
        assert bool(row["flr_counts_pct"]) is shown


def test_the_pathway_in_words_states_an_accepted_error() -> None:
    error = Finding("remnant.side", Severity.ERROR, "the remnant is on the left")
    seen = Accepted("remnant.side", "R1", "situs inversus")
    row = row_of(findings=(error,), accepted=(seen,))
    assert row["pathway_word"].endswith(", despite an error accepted by R1 (remnant.side)")


def test_h12_the_embolisation_before_the_scan_is_in_a_row() -> None:
    """300 of 2000 mL of the liver before the HVE of 29 April, 21 days before 20 May."""
    done, scanned = Embolisation(date(2026, 4, 29), "HVE"), Reading(scanned_on=date(2026, 5, 20))
    first = Stated({"baseline_nontumorous_volume": Amount(Fraction(2000), "mL")})
    row = row_of(embolisation=done, reading=scanned, stated=first)
    names = ("embolisation_kind_word", "embolisation_to_ct_d", "flr_of_baseline_pct")
    assert [row[name] for name in names] == ["HVE", "21", "15"]
    assert {row_of()[name] for name in names} == {""}
