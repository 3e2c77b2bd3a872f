"""What the tools of an assistant accept, and which command each runs."""

from pathlib import Path
from typing import Any

import pytest

from fl_planner.assistant.server import MOST_CHARACTERS, Tool, list_tools
from fl_planner.basis.findings import InputRefused
from fl_planner.calculator.formula import every_formula

TOOLS: dict[str, Tool] = {one.name: one for one in list_tools()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "cases"
    (inside / "p1").mkdir(parents=True)
    for at in (inside / "p1" / "case.toml", inside / "--help.toml", tmp_path / "other.toml"):
        at.write_text("schema = 1\n", "utf-8")
    (inside / "notes.txt").write_text("not a case", "utf-8")
    (inside / "link.toml").symlink_to(tmp_path / "other.toml")
    return inside


def test_the_formulas_named_as_examples_exist() -> None:
    _, named = TOOLS["calc"].description.split(". ")[0].split(" such as ")
    assert {*named.split(", ")} <= {one.name for one in every_formula()}


def test_each_tool_runs_its_command(folder: Path) -> None:
    plan = TOOLS["plan"].prepare_run(
        folder, {"case": "p1/case.toml", "as_of": "2026-11-20", "leave_out": ["trials"]}
    )
    case = str(folder.resolve() / "p1" / "case.toml")
    assert plan.words == ("plan", "--json", "--as-of=2026-11-20", case)
    assert plan.leaves_out == ("trials",)
    (folder / "p1" / "case.toml").rename(folder / "p1" / "CASE.TOML")
    plan = TOOLS["plan"].prepare_run(folder, {"case": "p1/CASE.TOML"})
    assert plan.words[-1].endswith("CASE.TOML")
    calc = TOOLS["calc"].prepare_run(folder, {"formula": "bsa", "inputs": "{}"})
    assert (calc.words, calc.content) == (("calc", "bsa", "--json"), "{}")
    judge = TOOLS["trials_judge"].prepare_run(folder, {"facts": '{"ecog": 1}'})
    assert (judge.words, judge.facts) == (("trials", "judge", "--json"), '{"ecog": 1}')
    listed = TOOLS["list_formulas"].prepare_run(folder, {})
    assert listed.words == ("calc", "--list", "--json")


@pytest.mark.parametrize(
    "name",
    [
        "../other.toml",
        "link.toml",
        "notes.txt",
        "p1",
        "none.toml",
        "",
        "loop.toml",
        f"{'a' * 300}.toml",
        ".",
    ],
)
def test_h18_no_file_outside_of_the_folder_is_read(folder: Path, name: str) -> None:
    (folder / "loop.toml").symlink_to(folder / "loop.toml")
    with pytest.raises(InputRefused) as caught:
        TOOLS["plan"].prepare_run(folder, {"case": name})
    assert caught.value.code == "file.missing"
    assert "other" not in str(caught.value) or name == "../other.toml"


def test_a_path_from_the_root_is_confined_too(folder: Path) -> None:
    with pytest.raises(InputRefused):
        TOOLS["plan"].prepare_run(folder, {"case": str(folder.parent / "other.toml")})
    inside = TOOLS["plan"].prepare_run(folder, {"case": str(folder / "p1" / "case.toml")})
    assert inside.words[-1] == str(folder.resolve() / "p1" / "case.toml")


def test_no_argument_becomes_an_option(folder: Path) -> None:
    plan = TOOLS["plan"].prepare_run(folder, {"case": "--help.toml", "as_of": "--out=x"})
    assert plan.words[2] == "--as-of=--out=x"
    assert Path(plan.words[-1]).is_absolute()
    with pytest.raises(InputRefused):
        TOOLS["calc"].prepare_run(folder, {"formula": "--help", "inputs": "{}"})


@pytest.mark.parametrize(
    ("name", "arguments", "source", "reason"),
    [
        ("plan", {}, "case", "missing"),
        ("plan", {"case": "p1/case.toml", "out": "x"}, "out", "no such argument"),
        ("plan", {"case": 1}, "case", "must be a string"),
        (
            "plan",
            {"case": "p1/case.toml", "leave_out": ["findings"]},
            "leave_out",
            "parts that can be omitted",
        ),
        (
            "plan",
            {"case": "p1/case.toml", "leave_out": "trials"},
            "leave_out",
            "parts that can be omitted",
        ),
        ("calc", {"formula": "nothing", "inputs": "{}"}, "formula", "no such formula"),
        ("calc", {"formula": "bsa", "inputs": {"height_cm": 180}}, "inputs", "must be a string"),
        ("trials_judge", {"facts": {"ecog": 1}}, "facts", "must be a string"),
        ("trials_judge", {"facts": "x" * (MOST_CHARACTERS + 1)}, "facts", "1,048,576 characters"),
        ("trials_judge", {"facts": '{"ecog": "\ud800"}'}, "facts", "not text"),
        ("trials_judge", {"facts": "{}", "as_of": "2026-11-20\0"}, "as_of", "not text"),
        ("plan", {"case": "p1/case.toml\0"}, "case", "not text"),
        ("plan", {"case": "\udcff.toml"}, "case", "not text"),
        ("list_formulas", {"x": "y"}, "x", "no such argument"),
    ],
)
def test_h08_incorrect_arguments_are_refused_by_name(
    folder: Path, name: str, arguments: dict[str, Any], source: str, reason: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        TOOLS[name].prepare_run(folder, arguments)
    assert (caught.value.code, caught.value.source) == ("usage.wrong", source)
    assert reason in caught.value.reason


def test_schemas_admit_what_is_accepted() -> None:
    from jsonschema_rs import Draft202012Validator, meta

    for tool in TOOLS.values():
        meta.validate(tool.schema)
        assert set(tool.required) <= set(tool.properties)
    formulas = TOOLS["calc"].schema["properties"]["formula"]["enum"]
    assert formulas == [one.name for one in every_formula()]
    plan = Draft202012Validator(TOOLS["plan"].schema)
    assert plan.is_valid({"case": "a.toml", "leave_out": ["trials", "resections"]})
    assert not plan.is_valid({"case": "a.toml", "leave_out": ["findings"]})
    assert not plan.is_valid({"as_of": "2026-11-20"})
