"""Every function of the package refuses an argument of a wrong kind by its name, with a remedy."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fl_planner
from fl_planner.basis.findings import InputRefused
from tests.cases import each_case, of_many
from tests.cli.outside import BUNDLED
from tests.refusals import refuses
from tests.workup.python import stranger

LISTS: tuple[Any, ...] = (["a", "b"], ("a",), [], {"a"})
WRONG: tuple[Any, ...] = (3, 3.5, True, b"a", object(), np.zeros((2, 2, 2)), {3: "a"}, *LISTS)
GIVEN: dict[str, dict[str, Any]] = {  # arguments that fit, by name, in order
    "agree": {"readers": "R1"},
    "as_record": {"result": None},
    "calc": {"name": "bsa", "inputs": {"height_cm": 180}},
    "carry": {"source": "a.toml", "to": "b.toml", "out": "new"},
    "check": {"files": "a.nii"},
    "cohort": {"source": "a.toml", "out": "new"},
    "convert": {"image": "a.nii", "to": "b.nrrd"},
    "dose": {"case_file": "a.toml"},
    "dossier": {"out": "new"},
    "export_trials": {"names": "DRAGON 2"},
    "find_studies": {"archive": "a"},
    "frame": {"plans": None},
    "function": {"case_file": "a.toml"},
    "growth": {"scans": "a.toml"},
    "judge": {"patient": "a.json"},
    "pictures": {"case_file": "a.toml", "out": "new"},
    "plan": {"case_file": "a.toml"},
    "pull_study": {"archive": "a", "study": "1.2", "out": "new"},
    "push_results": {"archive": "a", "results": "r"},
    "read": {"plan": "a.json"},
    "report": {"case_file": "a.toml", "out": "a.html"},
    "resections": {"case_file": "a.toml"},
    "sample": {"name": "crlm"},
    "screen": {"listed": "a.csv"},
    "spect_shift": {"case_file": "a.toml"},
    "to_nibabel": {"held": None},
    "to_sitk": {"held": None},
    "validate": {"data_set": "crlm", "folder": "a"},
    "volume": {"case_file": "a.toml"},
    "withdraw_results": {"archive": "a", "results": "r", "sources": "a.toml"},
}
OF_LISTS = {("cohort", "source"), ("frame", "plans"), ("screen", "listed")}  # a list is right
ALSO = {"add_to_log": "result"}  # its other argument is checked after a valid result
EACH = [(call, name) for call, given in GIVEN.items() for name in given]


def call(name: str, argument: str, value: object) -> None:
    """Call a function with one argument of a wrong kind and all others as they fit."""
    function: Callable[..., object] = getattr(fl_planner, name)
    given = {**GIVEN[name], argument: value}
    kinds = {one.name: one.kind for one in signature(function).parameters.values()}
    keyword = {key for key in given if kinds[key] is Parameter.KEYWORD_ONLY}
    function(
        *(one for key, one in given.items() if key not in keyword),
        **{key: given[key] for key in keyword},
    )


def test_every_function_is_tried() -> None:
    functions = {
        name
        for name in fl_planner.__all__
        if name[0].islower() and callable(getattr(fl_planner, name))
    }
    assert functions == GIVEN.keys() | ALSO.keys()


@pytest.mark.parametrize(("name", "argument"), EACH)
def test_a_wrong_kind_is_refused_with_a_remedy(
    name: str, argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for value in WRONG:
        if any(value is one for one in LISTS) and (name, argument) in OF_LISTS:
            continue
        with pytest.raises(InputRefused) as refused:
            call(name, argument, value)
        assert refused.value.remedy, (name, argument, value)
        assert "\n" not in str(refused.value), (name, argument, value)
    assert not [*tmp_path.iterdir()]


BY_STAR = {
    "agree": "readers", "check": "files", "export_trials": "names", "growth": "scans",
    "withdraw_results": "sources",
}  # fmt: skip


@each_case("name", BY_STAR.keys())
def test_a_list_of_what_is_given_one_by_one_states_the_call(name: str) -> None:
    argument = BY_STAR[name]
    with pytest.raises(InputRefused) as refused:
        call(name, argument, ["a", "b"])
    assert (refused.value.code, refused.value.source) == ("usage.wrong", argument)
    assert f"write {name}(*{argument})" in refused.value.remedy


def test_an_empty_path_is_not_the_current_folder() -> None:
    for call in (
        lambda: fl_planner.volume(liver=""),
        lambda: fl_planner.volume(labelmap=" ", remnant_segments=(2,)),
        lambda: fl_planner.screen(""),
        lambda: fl_planner.check(""),
        lambda: fl_planner.agree("", "  "),
    ):
        with pytest.raises(InputRefused, match=r"empty|not a path|not an image"):
            call()


def test_the_message_names_the_argument() -> None:
    with pytest.raises(InputRefused) as refused:
        call("growth", "scans", ["a.toml", "b.toml"])
    assert str(refused.value) == (
        "scans: ['a.toml', 'b.toml'] is not a case file or a result of plan; give a case file or "
        "a result of plan; for a list, write growth(*scans)"
    )
    with pytest.raises(InputRefused, match="out: ndarray is not a path; give a path"):
        call("dossier", "out", np.zeros((3, 3)))


def test_a_name_with_a_zero_byte_is_no_path() -> None:
    with pytest.raises(InputRefused, match="is not a path"):
        call("agree", "readers", "R1\0")


def test_a_check_of_no_file_is_refused() -> None:
    with refuses("usage.wrong", "files", says="no file was given"):
        fl_planner.check(*Path("nowhere").glob("*.nii"))


def test_an_input_of_a_formula_is_not_replaced_silently() -> None:
    with refuses("usage.wrong", "height_cm", says="was given in inputs and as a keyword"):
        fl_planner.calc("bsa", {"height_cm": 180}, height_cm=170, weight_kg=80)


def test_the_text_of_a_record_is_not_a_path() -> None:
    with refuses("usage.wrong", says="the text of a JSON file is not a path") as refused:
        fl_planner.read('{\n  "schema": "fl-planner/plan/2"\n}')
    assert refused.value.remedy == "give a path; write the text to a file first"


def test_a_fhir_bundle_in_memory_is_to_be_written_to_a_file() -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": []}
    with refuses("usage.wrong", "patient", says="FHIR resource in memory") as refused:
        fl_planner.judge(bundle)
    assert "give the path of the file" in refused.value.remedy


class Mesh:
    """An object without a text of its own."""


@each_case(
    "name, value, message",
    [
        ("facts", [("ecog", 1)], "facts: [('ecog', 1)] is not a dict of facts, or a path"),
        ("chemo_damage", 0, "give True, False, or one of yes, no, unknown"),
        ("diagnosis", 1, "give one of crlm, hcc, other"),
        ("exclude", [Mesh()], "exclude: Mesh is not a dict of images by name"),
    ],
)
def test_the_kinds_that_a_keyword_accepts_are_listed(name: str, value: Any, message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        fl_planner.plan("case.toml", **{name: value})
    assert message in str(refused.value)


def test_segments_of_one_resection_are_not_a_list_of_resections() -> None:
    with refuses("usage.wrong", "resect", says="5 is not a resection, such as (6, 7)") as refused:
        fl_planner.resections("case.toml", resect=(5, 6))  # type: ignore[arg-type]
    assert "write a list of resections as [(5, 6), (6, 7)]" in refused.value.remedy


# ---- errors of types are found before a script runs


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
WRONG_SCRIPTS = {  # a line, and what of it is an error
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
    lines = [f"reveal_type({expression})" for expression in TYPES] + [*WRONG_SCRIPTS]
    said = check(checker, folder, HEAD + "\n".join(lines)).splitlines()
    for number, expected in enumerate(
        (*TYPES.values(), *WRONG_SCRIPTS.values()), HEAD.count("\n") + 1
    ):
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
