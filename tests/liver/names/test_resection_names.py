"""Names of resections as plans have them; the segments are those of the table in clinical.md 12."""

import pytest

from fl_planner.liver.names.resection_names import parse_resections

RIGHT, LEFT, LATERAL = "5678", "234", "23"
KNOWN = {  # name of a plan -> segments, whether segment I is removed, whether nothing else is
    "right hepatectomy": (RIGHT, None, True),
    "Right Hepatectomy": (RIGHT, None, True),
    "right hemihepatectomy": (RIGHT, None, True),
    "right hemi-hepatectomy": (RIGHT, None, True),
    "right_lobectomy": (RIGHT, None, True),
    "laparoscopic two-stage right hepatectomy": (RIGHT, None, True),
    "right hepatectomy, stage 2": (RIGHT, None, False),
    "right hepatectomy with ablation of L2": (RIGHT, None, False),
    "right hepatectomy + wedge of II": (RIGHT, None, False),
    "right hepatectomy and segment 1": (RIGHT, True, True),
    "right hepatectomy with resection of the caudate lobe": (RIGHT, True, True),
    "right hepatectomy and segment 1, two wedges": (RIGHT, True, False),
    "left hepatectomy": (LEFT, None, True),
    "left hemihepatectomy": (LEFT, None, True),
    "right trisectionectomy": ("45678", None, True),
    "extended right hepatectomy": ("45678", None, True),
    "right extended hemihepatectomy": ("45678", None, True),
    "right trisegmentectomy": ("45678", None, True),
    "left trisectionectomy": ("23458", None, True),
    "extended left hepatectomy": ("23458", None, True),
    "left lateral sectionectomy": (LATERAL, None, True),
    "left lateral segmentectomy": (LATERAL, None, True),
    "left medial sectionectomy": ("4", None, True),
    "right anterior sectionectomy": ("58", None, True),
    "right posterior sectionectomy": ("67", None, True),
    "mesohepatectomy": ("458", None, True),
    "central hepatectomy": ("458", None, True),
    "H5678": (RIGHT, False, True),
    "h 5678": (RIGHT, False, True),
    "H15678": (RIGHT, True, True),
    "H5678-MHV": (RIGHT, False, True),
    "H4 and caudate lobe": ("4", True, True),
    "H67, ablation of L1": ("67", False, False),
}


@pytest.mark.parametrize(("name", "expected"), KNOWN.items(), ids=KNOWN)
def test_a_known_name(name: str, expected: tuple[str, bool | None, bool]) -> None:
    (one,) = parse_resections(name)
    ((*segments,),) = one.removes
    assert ("".join(segments), one.caudate, one.is_whole) == expected


@pytest.mark.parametrize(
    "name",
    ["", "plan A", "ALPPS", "hepatectomy", "hepatectomy on the right", "right hepatectomy bed",
     "not a right hepatectomy", "H9", "H5678901", "H4a5678", "Hepatektomie rechts", "wedge of II",
     "segmentectomy 6", "right", "H"],
)  # fmt: skip
def test_another_name_is_not_a_resection(name: str) -> None:
    assert parse_resections(name) == ()


def test_a_code_in_brackets_is_a_second_statement() -> None:
    by_name, by_code = parse_resections("right hepatectomy (H15678), stage 1")
    assert by_name.removes == by_code.removes == (tuple(RIGHT),)
    assert (by_name.caudate, by_code.caudate, by_name.is_whole) == (None, True, False)
    both = parse_resections("Right hepatectomy (H5678) and segment 1")
    assert [one.caudate for one in both] == [True, True]


def test_a_name_of_two_meanings_and_names_of_parts() -> None:
    (left,) = parse_resections("left lobectomy")
    assert {"".join(one) for one in left.removes} == {LEFT, LATERAL}
    (right,) = parse_resections("extended right hepatectomy")
    assert right.in_part == ("4",)
    (other,) = parse_resections("extended left hepatectomy")
    assert other.in_part == ("5", "8")
    (whole,) = parse_resections("right trisectionectomy")
    assert whole.in_part == ()
