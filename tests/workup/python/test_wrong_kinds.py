"""Every function of the package refuses an argument of a wrong kind by its name, with a remedy."""

from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fl_planner
from fl_planner.basis.findings import InputRefused
from tests.cases import each_case
from tests.refusals import refuses

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
