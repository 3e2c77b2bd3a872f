"""The front door for Python: words and paths in, the same record as the program's."""

import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner import InputRefused, as_record
from fl_planner import plan as make
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.liver.transection import Wedges
from fl_planner.record.declaration.part import as_json
from fl_planner.workup.python.words import as_exact
from tests.cli.outside import REPOSITORY, SMALL, refused, told

FACTS: dict[str, Any] = {
    "chemo_liver_damage": False,
    "ecog": 1,
    "flr_function": {"value": 2.9, "unit": "%/min/m2"},
    "flr_function_normalisation": "extrahepatic",
    "extrahepatic_sites": ["lung"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a liver of 1000 mL with all its parts."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000), treated=(4000, 8000))
    SMALL.file(tmp_path / "labels.nii", SMALL.segments())
    return tmp_path


def record(plan: Any) -> dict[str, Any]:
    told_: dict[str, Any] = json.loads(as_json(as_record(plan)))
    return told_


@pytest.mark.essential
@pytest.mark.slow
def test_masks_facts_and_diagnosis_as_by_options(folder: Path) -> None:
    plan = make(
        liver=folder / "liver.nii",
        tumour=str(folder / "tumour.nii"),
        flr=folder / "flr.nii",
        treated=folder / "treated.nii",
        diagnosis="crlm",
        facts=FACTS,
    )
    facts = folder / "facts.json"
    facts.write_text(json.dumps(FACTS))
    masks = [f"--{role}={folder / role}.nii" for role in ("liver", "tumour", "flr", "treated")]
    by_options = told("plan", *masks, "--diagnosis", "crlm", "--facts", facts)
    files = [one for one in by_options["inputs"] if one["role"] != "facts"]  # here it is no file
    assert record(plan) == {**by_options, "inputs": files}


def test_a_python_float_is_the_decimal_that_was_entered() -> None:
    assert as_exact(2.67) == Decimal("2.67")
    assert as_exact({"value": 0.1, "unit": "cm"}) == {"value": Decimal("0.1"), "unit": "cm"}
    assert as_exact([0.5]) == [0.5]  # no fact is a list of numbers
    assert (as_exact(True), as_exact(3), as_exact("a")) == (True, 3, "a")


def test_a_fraction_is_an_exact_amount(folder: Path) -> None:
    """With a finite decimal form; a third has none."""
    assert as_exact({"value": Fraction(3, 2)}) == {"value": Decimal("1.5")}
    given: dict[str, Any] = {"liver": folder / "liver.nii", "no_tumour": True, "height_cm": 170}
    half: Any = Fraction(141, 2)
    assert make(**given, weight_kg=half) == make(**given, weight_kg="70.5")
    assert refuse(**given, weight_kg=Fraction(212, 3)).code == "usage.wrong"


@pytest.mark.parametrize("unit", ["D", "s", "us", "ns"])
def test_a_date_of_numpy_is_a_date(unit: Any, folder: Path) -> None:
    on = date(2026, 11, 10)
    day: Any = np.datetime64("2026-11-10", unit)
    assert as_exact({"labs_date": day}) == {"labs_date": on}
    given: dict[str, Any] = {"liver": folder / "liver.nii", "no_tumour": True}
    assert make(**given, as_of=day) == make(**given, as_of=on)
    moment = np.datetime64("2026-11-10T10:00", "ns")  # not shown as a long number
    assert "2026-11-10 10:00" in refuse(**given, facts={"labs_date": moment}).reason


@pytest.mark.parametrize("value", ["2026-11", "2026"])
def test_h08_a_month_or_year_of_numpy_is_not_its_first_day(value: str, folder: Path) -> None:
    month: Any = np.datetime64(value)
    assert as_exact([month, np.array([value], "M8")]) == [value, [value]]
    given: dict[str, Any] = {"liver": folder / "liver.nii", "no_tumour": True}
    assert f"{value!r} is not a date" in refuse(**given, as_of=month).reason
    assert value in refuse(**given, facts={"labs_date": month}).reason


@pytest.mark.parametrize(
    ("unit", "shown"), [("W", "2026-11-05"), ("7D", "2026-11-05"), ("3M", "2026-10")]
)
def test_h08_a_week_or_quarter_of_numpy_is_not_its_first_day(
    unit: Any, shown: str, folder: Path
) -> None:
    """10 November 2026 is a Tuesday; weeks of numpy begin as 1 January 1970 did, on a Thursday."""
    period: Any = np.datetime64("2026-11-10").astype(f"datetime64[{unit}]")
    given: dict[str, Any] = {"liver": folder / "liver.nii", "no_tumour": True}
    assert f"'{shown} [{unit}]' is not a date" in refuse(**given, as_of=period).reason
    assert f"{shown} [{unit}]" in refuse(**given, facts={"labs_date": period}).reason


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "ns"])
def test_a_missing_date_of_numpy_is_not_given(unit: Any, folder: Path) -> None:
    missing: Any = np.datetime64("NaT", unit)
    assert as_exact([missing, np.array([missing])]) == [None, [None]]
    given: dict[str, Any] = {"liver": folder / "liver.nii", "no_tumour": True}
    assert make(**given, facts={"labs_date": missing}) == make(**given, facts={"labs_date": None})


@pytest.mark.parametrize("value", [2.67, Decimal("2.67")])
def test_h08_a_float_on_a_limit_is_on_the_limit(value: Any, folder: Path) -> None:
    """As a double, 2.67 is another number."""
    plan = make(
        liver=folder / "liver.nii",
        flr=folder / "flr.nii",
        no_tumour=True,
        diagnosis="crlm",
        facts={"flr_function": {"value": value, "unit": "%/min/m2"}},
    )
    assert Fraction(2.67) != Fraction("2.67")
    assert plan.plan.judged.facts["flr_function_pct_per_min_per_m2"] == Fraction("2.67")


def refuse(**given: Any) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        make(**given)
    return caught.value


def test_wrong_facts_are_refused_all_at_once(folder: Path) -> None:
    facts = {"ecog": "1", "platelet": 3, "age": {"value": float("nan"), "unit": "a"}}
    wrong = refuse(liver=folder / "liver.nii", facts=facts)
    assert (wrong.code, wrong.source) == ("facts.unreadable", "facts")
    for words in (
        'ecog: "1" is not a number',
        "did you mean platelets?",
        "age: NaN is not a finite",
    ):
        assert words in wrong.reason


@pytest.mark.parametrize("diagnosis", ["CRC", "", "icc"])
def test_a_diagnosis_that_is_none_is_refused(diagnosis: str, folder: Path) -> None:
    wrong = refuse(liver=folder / "liver.nii", diagnosis=diagnosis)
    assert (wrong.code, wrong.source) == ("input.diagnosis", "diagnosis")
    assert wrong.remedy == "give one of crlm, hcc, other"


def test_masks_that_cannot_be_are_refused_as_by_the_program(folder: Path) -> None:
    cases: list[tuple[dict[str, Any], list[Any]]] = [
        ({}, []),
        ({"liver": folder / "none.nii"}, ["--liver", folder / "none.nii"]),
        (
            {"liver": folder / "liver.nii", "tumour": folder / "tumour.nii", "no_tumour": True},
            ["--liver", folder / "liver.nii", "--tumour", folder / "tumour.nii", "--no-tumour"],
        ),
        (
            {"liver": folder / "liver.nii", "remnant_segments": [2]},
            ["--liver", folder / "liver.nii", "--remnant-segments", "2"],
        ),
        (
            {"labelmap": folder / "labels.nii", "remnant_segments": [2, 9]},
            ["--labelmap", folder / "labels.nii", "--remnant-segments", "2,9"],
        ),
    ]
    for given, options in cases:
        by_option = refused("plan", *options)["message"]  # which names the option too
        assert str(refuse(**given)) == by_option


def test_the_example_of_the_readme_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (REPOSITORY / "README.md").read_text("utf-8")
    (example,) = (
        code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "plan(" in code
    )
    for role in ("liver", "tumour", "flr"):
        (folder / f"{role}.nii").rename(folder / f"{role}.nii.gz")  # content decides
    monkeypatch.chdir(folder)
    shown: list[object] = []
    exec(example, {"print": lambda *words: shown.extend(words)})
    assert shown[-1] == "31.6"
    said = str(shown[0])
    assert said.startswith("FLR 31.6 %, 15.0 mL above 30 %, 80.0 mL below 40 % (DRAGON 2); ")
    assert ": undetermined, depends on chemotherapy-associated liver injury: if present, " in said


def test_the_case_file_of_the_docs_is_read_whole(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "case-file.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "case.toml"
    path.write_text(example)
    request = read_case_file(path)
    names = ["extended right hepatectomy", "two stages", "a plane, a curved surface and two wedges"]
    assert [one.name for one in request.operations] == names
    assert request.operations[1].remnant_segments == ("1", "2", "3")
    assert request.operations[2].wedges == Wedges((1, 3), 10.0)
    assert len(request.operations[2].planes) == 1
    assert request.territory is not None
    assert request.baseline is not None
    assert (request.height_cm, request.weight_kg) == (Fraction(178), Fraction(81))
    text = (REPOSITORY / "README.md").read_text("utf-8")
    (readme,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path.write_text(readme)
    assert read_case_file(path).diagnosis == "crlm"


def test_the_plane_of_the_docs_cuts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (REPOSITORY / "docs" / "resections.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "case.toml").write_text(
        'schema = 1\n[masks]\nliver = "liver.nii"\nno_tumour = true\n'
    )
    monkeypatch.chdir(folder)
    shown: list[float] = []
    exec(example, {"print": lambda *words: shown.extend(words[:2])})
    assert sum(shown) == pytest.approx(100.0)
