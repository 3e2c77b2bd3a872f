"""Volumes of a plan in FHIR, judged again: the share is that of the voxel counts.

A share from volumes of nine digits may pass a limit that the counts meet exactly.
"""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from fl_planner.export.fhir.bundle import as_bundle
from fl_planner.liver.anatomy import Anatomy
from fl_planner.record.declaration.part import as_exact_json, as_written
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import Amount, Stated
from fl_planner.workup.judge import JudgedFile, judge_file
from tests.cases import each_case
from tests.export.test_fhir import observed, require_valid_bundle
from tests.masks import OBLIQUE
from tests.record.planned import made

AS_OF = date(2026, 11, 20)
SHAPE = (20, 20, 20)


def upright(x: float, y: float, z: float) -> Affine:
    return (x, 0.0, 0.0, -50.0), (0.0, y, 0.0, -60.0), (0.0, 0.0, z, 0.0)


def scaled(affine: Affine) -> Affine:
    """Enlarge the voxels, so that few of them are a liver."""
    a, b, c = ((round(5 * x, 6), round(5 * y, 6), round(5 * z, 6), p) for x, y, z, p in affine)
    return a, b, c


def share_of(affine: Affine, whole: int, kept: int, tumour: int = 0) -> Anatomy:
    """Draw a liver with so many voxels in the order of their indices, tumour last."""
    grid = Grid(SHAPE, affine)

    def part(name: str, start: int, stop: int) -> Mask:
        voxels = np.zeros(np.prod(SHAPE), dtype=bool)
        voxels[start:stop] = True
        return replace(Mask.of(name, voxels.reshape(SHAPE), grid), file=f"{name}.nii")

    end = whole + tumour
    liver, lesions = part("liver", 0, end), part("tumour", whole, end)
    return Anatomy(liver, tumour=lesions, flr=part("flr", 0, kept))


def write(path: Path, record: PlanRecord) -> dict[str, Any]:
    """Write a bundle; return it as its text, with exact numbers."""
    text = as_exact_json(as_bundle(record))
    path.write_text(text)
    told: dict[str, Any] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return told


def judge(path: Path) -> JudgedFile:
    return judge_file(path, as_of=AS_OF)


GRIDS: dict[str, Affine] = {
    "single precision": upright(float(np.float32(6.1)), float(np.float32(5.9)), 6.2),
    "binary": upright(5.859375, 5.859375, 6.34375),
    "oblique": scaled(OBLIQUE),
}


@each_case("name", GRIDS.keys())
def test_h16_exactly_30_percent_is_30_percent_after_fhir(tmp_path: Path, name: str) -> None:
    record = as_plan_record(made(share_of(GRIDS[name], 6_010, 1_803, 401)))
    told = write(tmp_path / "plan.json", record)
    assert judge(tmp_path / "plan.json").judged.facts["flr_fraction"] == Fraction(3, 10)
    share = observed(told, "flr-percent")["valueQuantity"]["value"]
    assert share == 30


@each_case("kept", (2_099, 2_101, 2_799))
def test_h16_shares_next_to_a_limit_are_unchanged_after_fhir(tmp_path: Path, kept: int) -> None:
    record = as_plan_record(made(share_of(GRIDS["single precision"], 7_000, kept, 1)))
    write(tmp_path / "plan.json", record)
    facts = judge(tmp_path / "plan.json").judged.facts
    assert facts["flr_fraction"] == Fraction(kept, 7_000)


@each_case("name", GRIDS.keys())
def test_volumes_in_fhir_are_those_of_the_record_with_18_digits_at_most(
    tmp_path: Path, name: str
) -> None:
    record = as_plan_record(made(share_of(GRIDS[name], 7_013, 3_303, 401)))
    told = write(tmp_path / "plan.json", record)
    written = as_written({"ml": record.volumes.volumes_ml.flr or 0})["ml"]
    found = observed(told, "flr-volume")["valueQuantity"]["value"]
    assert float(f"{found:.9g}") == written
    assert len(found.as_tuple().digits) <= 18
    assert "E" not in (tmp_path / "plan.json").read_text().partition("flr-volume")[2][:400]


def test_no_tumour_is_zero_without_digits(tmp_path: Path) -> None:
    record = as_plan_record(made(share_of(GRIDS["binary"], 6_000, 1_800)))
    told = write(tmp_path / "plan.json", record)
    assert str(observed(told, "tumour-volume")["valueQuantity"]["value"]) == "0"


FUNCTION = Amount(Fraction("2.69"), "%/min/m2")


@each_case("normalisation, in_doubt", [("extrahepatic", False), (None, True)])
def test_h16_a_function_is_the_same_after_fhir_and_in_doubt_as_before(
    tmp_path: Path, normalisation: str | None, in_doubt: bool
) -> None:
    """Whole-field values are about a third lower: the limit is of extrahepatic ones."""
    entered: dict[str, Any] = {"flr_function": FUNCTION}
    if normalisation is not None:
        entered["flr_function_normalisation"] = normalisation
    record = as_plan_record(made(stated=Stated(entered)))
    require_valid_bundle(as_bundle(record))
    told = write(tmp_path / "plan.json", record)
    notes = [note["text"] for note in observed(told, "flr-function")["note"]]
    near = "warning: borderline.function_limit"  # between the published 2.67 and 2.70
    assert ("warning: function.normalisation_unknown" in notes) == in_doubt
    assert near in notes
    judged = judge(tmp_path / "plan.json")
    facts = judged.judged.facts
    assert facts["flr_function_pct_per_min_per_m2"] == Fraction("2.69")
    assert facts.get("flr_function_normalisation") == normalisation
    codes = [one.code for one in judged.findings]
    assert ("function.normalisation_unknown" in codes) == in_doubt
    (preliminary,) = (one for one in judged.findings if one.code == "fhir.preliminary")
    assert "flr_function" in preliminary.message


def test_h16_a_whole_field_function_goes_to_no_other_system(tmp_path: Path) -> None:
    entered: dict[str, Any] = {
        "flr_function": FUNCTION,
        "flr_function_normalisation": "total_field",
    }
    told = write(tmp_path / "plan.json", as_plan_record(made(stated=Stated(entered))))
    assert "valueQuantity" not in observed(told, "flr-function")
    assert "component" not in observed(told, "flr-function")
