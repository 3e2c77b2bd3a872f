"""The name of a plan against its segments: both by hand from the table of clinical.md 12."""

from dataclasses import replace

import pytest
from msgspec import structs

from fl_planner.basis.findings import Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import list_remaining
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case, Operation
from fl_planner.space.mask import Mask, unite
from tests.masks import small_liver, small_segments

SEGMENTS = small_segments()
ANATOMY = replace(small_liver(), segments=SEGMENTS)


def found(operation: Operation, anatomy: Anatomy = ANATOMY) -> list[str]:
    findings = measure_plan(Case(anatomy, (), operations=(operation,)), resections=False).findings
    named = [one for one in findings if one.code == "plan.name_differs"]
    assert all(one.severity is Severity.WARNING for one in named)
    return [one.message.removesuffix(". Check the name of the plan and its segments")
            for one in named]  # fmt: skip


def removing(name: str, gone: str) -> Operation:
    return Operation(name, list_remaining(gone), tuple(gone))


RIGHT = ("right hepatectomy", "right hemihepatectomy", "H5678", "right hepatectomy (H5678)")
AGREES = [
    *((name, "5678") for name in RIGHT),
    ("right hepatectomy", "15678"),  # segment I is another question
    ("left hepatectomy", "234"),
    ("left hepatectomy, then ablation of L1", "2346"),
    ("right trisectionectomy", "45678"),
    ("extended right hepatectomy", "45678"),
    ("extended left hepatectomy", "2348"),
    ("left lobectomy", "23"),
    ("left lobectomy", "234"),
    ("left lateral sectionectomy", "23"),
    ("central hepatectomy", "458"),
    ("H15678", "15678"),
    ("right hepatectomy and segment 1", "15678"),
    ("my plan", "26"),
]


@pytest.mark.parametrize(("name", "gone"), AGREES)
def test_a_name_that_agrees(name: str, gone: str) -> None:
    assert found(removing(name, gone)) == []


DIFFERS = {
    ("left hepatectomy", "4"): (
        "left hepatectomy removes segments II, III and IV, "
        "but the remnant includes segments II and III"
    ),
    ("right trisectionectomy", "4678"): (
        "right trisectionectomy removes segments IV, V, VI, VII and VIII, "
        "but the remnant includes segment V"
    ),
    ("right hepatectomy", "45678"): (
        "right hepatectomy removes segments V, VI, VII and VIII, "
        "but the plan also removes segment IV"
    ),
    ("extended right hepatectomy", "5678"): (
        "extended right hepatectomy removes segments IV, V, VI, VII and VIII, "
        "but the remnant includes segment IV"
    ),
    ("left hepatectomy", "5678"): (
        "left hepatectomy removes segments II, III and IV, but the remnant includes "
        "segments II, III and IV and the plan also removes segments V, VI, VII and VIII"
    ),
    ("left lobectomy", "2"): (
        "left lobectomy removes segments II and III, but the remnant includes segment III"
    ),
    ("H5678", "15678"): (
        "H5678 removes segments V, VI, VII and VIII, but the plan also removes segment I"
    ),
    ("H15678", "5678"): (
        "H15678 removes segments I, V, VI, VII and VIII, but the remnant includes segment I"
    ),
}


@pytest.mark.parametrize(("plan", "words"), DIFFERS.items(), ids=map(str, DIFFERS))
def test_h13_a_name_that_differs_is_reported(plan: tuple[str, str], words: str) -> None:
    assert found(removing(*plan)) == [f"plan {plan[0]}: {words}"]


def test_h13_a_name_and_its_code_are_each_compared() -> None:
    (only,) = found(removing("right hepatectomy (H678)", "5678"))
    assert "H678 removes segments VI, VII and VIII, but the plan also removes segment V" in only


def test_half_of_segment_4() -> None:
    kept = ("1", "2", "3", "4a")
    assert found(Operation("extended right hepatectomy", kept)) == []
    (only,) = found(Operation("right trisectionectomy", kept))
    assert only.endswith("but the remnant includes segment IVa")
    (also,) = found(Operation("right hepatectomy", kept))
    assert also.endswith("but the plan also removes segment IVb")


def test_segments_that_the_patient_lacks_are_not_compared() -> None:
    lacking = {name: mask for name, mask in SEGMENTS.items() if name != "5"}
    anatomy = replace(ANATOMY, segments=lacking, absent_segments=frozenset("5"))
    assert found(Operation("right trisectionectomy", ("1", "2", "3", "5")), anatomy) == []


def test_h13_segments_in_the_map_are_compared_even_if_stated_to_be_absent() -> None:
    anatomy = replace(ANATOMY, absent_segments=frozenset("5"))
    (only,) = found(Operation("right trisectionectomy", ("1", "2", "3", "5")), anatomy)
    assert only.endswith("but the remnant includes segment V")


def drawn(*names: str) -> Mask:
    return unite([SEGMENTS[name] for name in names]).renamed("flr")


def test_h13_a_drawn_remnant_is_compared_by_half_of_each_segment() -> None:
    anatomy = replace(ANATOMY, flr=drawn("1", "4", "5", "6", "7", "8"))
    assert found(Operation("left lateral sectionectomy"), anatomy) == []
    (only,) = found(Operation("left hepatectomy"), anatomy)
    assert only.endswith("but the remnant includes segment IV")
    unmapped = replace(anatomy, segments={})
    assert found(Operation("left hepatectomy"), unmapped) == []


def test_a_drawn_remnant_and_halves_of_segment_4() -> None:
    fourth = SEGMENTS["4"]
    half = Mask.of("4a", fourth.as_array(), fourth.grid)
    first, second = half.voxels.copy(), half.voxels.copy()
    middle = half.voxels.shape[2] // 2
    first[:, :, middle:] = False
    second[:, :, :middle] = False
    parts = {"4a": replace(half, voxels=first), "4b": replace(half, voxels=second, name="4b")}
    anatomy = replace(ANATOMY, segment_parts=parts, flr=drawn("1", "2", "3") | parts["4a"])
    assert found(Operation("extended right hepatectomy"), anatomy) == []
    (only,) = found(Operation("right hepatectomy"), anatomy)
    assert only.endswith("but the plan also removes segment IVb")


def test_each_plan_has_its_own_name() -> None:
    plans = (removing("right hepatectomy", "5678"), removing("left hepatectomy", "23"))
    case = structs.replace(Case(ANATOMY, ()), operations=plans)
    findings = measure_plan(case, resections=False).findings
    (only,) = [one.message for one in findings if one.code == "plan.name_differs"]
    assert only.startswith("plan left hepatectomy: ")
