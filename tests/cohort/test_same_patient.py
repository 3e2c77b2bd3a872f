"""One patient under two ids of a cohort: told at both; nothing where two differ."""

import csv
import json
from pathlib import Path

import pytest

from fl_planner.workup.many import find_same_patients
from tests.cases import each_case
from tests.cohort.cohorts import run, small_cases

pytestmark = pytest.mark.filterwarnings("ignore")
FIRST = {"liver": "a", "flr": "b", "tumour": "c", "case": "d"}
COUNTS = {"liver": 800_000, "flr": 300_000, "nontumorous_liver": 790_000, "tumour": 10_000}


def plan(folder: Path, name: str, files: dict[str, str], voxels: dict[str, int]) -> Path:
    """Write as much of a plan as tells its files."""
    path = folder / f"{name}.json"
    inputs = [{"role": role, "sha256": digest} for role, digest in files.items()]
    path.write_text(json.dumps({"inputs": inputs, "voxels": voxels}), "utf-8")
    return path


@each_case(
    "files, voxels, shared",
    {
        "all": (FIRST, COUNTS, "flr, liver, tumour, voxel counts"),
        "one mask": ({**dict.fromkeys(FIRST, "x"), "flr": "b"}, {"liver": 1}, "flr"),
        "its CT": ({"liver": "x", "ct": "ct"}, {"liver": 1}, "ct"),
        "another format": (dict.fromkeys(FIRST, "x"), COUNTS, "voxel counts"),
        "case file": ({**dict.fromkeys(FIRST, "x"), "case": "d"}, {"liver": 1}, ""),
        "no tumour": ({"liver": "x", "tumour": "c"}, {"liver": 1, "tumour": 0}, ""),
        "small tumour": ({"liver": "x", "tumour": "c"}, {"liver": 1, "tumour": 9999}, ""),
        "large tumour": ({"liver": "x", "tumour": "c"}, {"liver": 1, "tumour": 10_000}, "tumour"),
        "one count": ({"liver": "x"}, {**COUNTS, "flr": 299_999}, ""),
    },
)
def test_h11_one_patient_under_two_ids_is_reported_at_both(
    files: dict[str, str],
    voxels: dict[str, int],
    shared: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("p")
    of_first = {**COUNTS, "tumour": voxels.get("tumour", COUNTS["tumour"])}
    plans = [
        ("p1", plan(folder, "p1", {**FIRST, "ct": "ct"}, of_first)),
        ("p2", plan(folder, "p2", files, voxels)),
        ("p3", plan(folder, "p3", {"liver": "z"}, {"liver": 7})),
        ("p4", folder / "gone.json"),
    ]
    found = find_same_patients(plans)
    assert {*found} == ({"p1", "p2"} if shared else set())
    for one, other in (("p1", "p2"), ("p2", "p1")) if shared else ():
        (told,) = found[one]
        assert (told.code, told.severity) == ("cohort.one_patient", "warning")
        assert f"the same files as {other} ({shared})" in told.message


@pytest.mark.slow
def test_h11_one_patient_under_two_ids_is_in_the_outputs(tmp_path: Path, scheduler: str) -> None:
    """The small cases have one liver in common, byte for byte; a small tumour tells nothing."""
    out = tmp_path / "out"
    run(small_cases(tmp_path / "in", 2), out, scheduler)
    with (out / "findings.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] == "cohort.one_patient"]
    assert [row["id"] for row in rows] == ["p0", "p1"]
    assert "the same files as p1 (liver)" in rows[0]["message"]
    worklist = (out / "worklist.csv").read_text("utf-8")
    assert worklist.count("cohort.one_patient") == 2
    page = (out / "index.html").read_text("utf-8")
    assert "warning" in page
