"""A stranger's script passes strict type checkers, and errors of types are found before it runs."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cases import of_many
from tests.cli.outside import BUNDLED
from tests.workup.python import stranger

SCRIPT = Path(__file__).parent / "stranger.py"
HEAD = "import fl_planner\nfrom typing import reveal_type\n"
TYPES = {  # an expression, and its type
    'fl_planner.plan("case.toml")["flr_percent"]': "float | None",
    'fl_planner.plan("case.toml")["volumes_ml"]["liver"]': "float",
    'fl_planner.plan("case.toml")["voxels"]["liver"]': "int",
    'fl_planner.read("plan.json")["pathway"]["reasons"]': "list[str]",
    'fl_planner.volume("case.toml")["voxel_ml"]': "float",
    'fl_planner.growth("a.toml", "b.toml")["schema"]': "fl-planner/growth/",
    'fl_planner.plan("case.toml").get("flr_percent")': "float | None",
    'fl_planner.plan("case.toml").get("flr_percent", 0.0)': "float",
    'fl_planner.plan("case.toml").get("denominator")': "measured_liver",
    'fl_planner.plan("case.toml").row()["flr_ml"]': "float | None",
    'fl_planner.plan("case.toml").row()["pathway_word"]': "str | None",
    'fl_planner.plan("case.toml").row().get("reading_status")': "int | None",
    'fl_planner.plan("case.toml").row()["harbour_1_verdict"]': "Any",  # a trial of a hospital
    'fl_planner.plan("case.toml").lesions[0]["volume_ml"]': "float",
    'fl_planner.plan("case.toml").criteria[0]["trial_name"]': "str",
    'fl_planner.plan("case.toml").rows("thresholds")[0]["name"]': "str",
    'fl_planner.resections("case.toml").resections[0].get("name")': "str | None",
    'fl_planner.volume("case.toml").findings[0]["code"]': "str",
    'fl_planner.judge("case.toml")["trials"][0]["verdict"]': "not_eligible",
    'fl_planner.screen("list.csv").patients[0]["row"]': "int",
    'fl_planner.validate("crlm").patients[0]["id"]': "str",
    'fl_planner.frame([fl_planner.read("plan.json")])["flr_pct"]': "Series",
}
WRONG = {  # a line, and what of it is an error
    "fl_planner.plan(liver=3)": "liver",
    'fl_planner.plan(diagnosis="hepatitis")': "diagnosis",
    'fl_planner.plan(tumor="t.nii")': "tumor",
    'fl_planner.validate("hcc", typed=True)': "hcc",
    "fl_planner.no_such_name": "no_such_name",
    'fl_planner.plan("case.toml")["flr_percent"] + 1': "None",
    'fl_planner.plan("case.toml").row()["flr_ml"] + 1': "None",
    'fl_planner.plan("case.toml").lesions[0]["volume"]': "TypedDict",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty folder, in which `mypy` keeps what it knows of the libraries."""
    return tmp_path_factory.mktemp("script")


def check(checker: str, folder: Path, text: str) -> str:
    """Return what a type checker prints of a script."""
    (folder / "script.py").write_text(text, "utf-8")
    words = {
        "mypy": ["--strict", "--cache-dir", str(folder / "cache")],
        "pyright": ["--pythonpath", sys.executable],
    }[checker]
    command = [sys.executable, "-m", checker, *words, "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


HAS_PYRIGHT = find_spec("pyright") is not None and shutil.which("node") is not None
ONE = "pyright" if HAS_PYRIGHT else "mypy"  # which takes six times as long
each_checker = pytest.mark.parametrize("checker", of_many([ONE], [ONE, "mypy"][: 1 + HAS_PYRIGHT]))


@pytest.mark.slow
@each_checker
def test_a_strangers_script_has_no_error_of_types(checker: str, folder: Path) -> None:
    said = check(checker, folder, SCRIPT.read_text("utf-8"))
    assert said.startswith({"mypy": "Success: no issues", "pyright": "0 errors"}[checker]), said


@pytest.mark.slow
@each_checker
def test_keys_of_records_have_their_types_and_wrong_words_are_found(
    checker: str, folder: Path
) -> None:
    lines = [f"reveal_type({expression})" for expression in TYPES] + [*WRONG]
    said = check(checker, folder, HEAD + "\n".join(lines)).splitlines()
    for number, expected in enumerate((*TYPES.values(), *WRONG.values()), HEAD.count("\n") + 1):
        here = [line for line in said if f"script.py:{number}:" in line]
        kind = "note" if number <= HEAD.count("\n") + len(TYPES) else "error"
        kind = "information" if kind == "note" and checker == "pyright" else kind
        assert [line for line in here if kind in line and expected in line], (number, here, said)


@pytest.mark.slow
def test_the_script_runs(tmp_path: Path) -> None:
    percent, headline = stranger.plan_images(BUNDLED / "crlm")
    assert percent == pytest.approx(29.96, abs=0.005)
    assert headline
    assert stranger.measure_arrays() == pytest.approx(30 * 60 * 60 * 2 * 2 * 2.5 / 1000)
    assert stranger.collect(tmp_path) == pytest.approx([447.665, 649.833], abs=0.001)
    assert stranger.ask_others() == 197
