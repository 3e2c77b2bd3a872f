"""The stated origin of a mask: its text, and what a file states in addition or against it."""

import pytest

from fl_planner.planning.given.origin import StatedOrigin, join_origins, parse_origin
from fl_planner.space.mask import OF_SEGMENTS, Author
from tests.refusals import refuses


@pytest.mark.parametrize(
    "text",
    ["manual", "semi-automatic", "automatic", "automatic:nnU-Net", "automatic:nnU-Net:2.5",
     "semi-automatic:Slicer:5.6", "carried:2.5", "unknown"],
)  # fmt: skip
def test_an_origin_is_written_as_it_is_read(text: str) -> None:
    assert parse_origin(text).text == text


def test_case_and_blanks_of_the_method_do_not_matter() -> None:
    assert parse_origin("Automatic: TotalSegmentator : 2.4.0") == StatedOrigin(
        "automatic", "TotalSegmentator", "2.4.0"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a method"),
        ("by hand", "is not a method"),
        ("manual:R1", "no program can be given for the method manual"),
        ("unknown:nnU-Net", "no program can be given for the method unknown"),
        ("automatic:", "1 to 64 characters"),
        (f"automatic:{'x' * 65}", "1 to 64 characters"),
        ("automatic:a\tb", "1 to 64 characters"),
        ("carried", "a surface error in mm is required"),
        ("carried:far", "a surface error in mm is required"),
        ("carried:nan", "a surface error in mm is required"),
        ("carried:1:2", "a surface error in mm is required"),
        ("carried:2_5", "a surface error in mm is required"),  # 25 mm to `float`
        ("carried:1e999", "above 0 and at most 50"),
        ("carried:0", "above 0 and at most 50"),
        ("carried:51", "above 0 and at most 50"),
    ],
)
def test_what_is_no_origin_is_refused(text: str, why: str) -> None:
    with refuses("usage.wrong", says=why):
        parse_origin(text)


def test_a_version_without_a_program_and_an_error_of_a_drawn_mask_are_refused() -> None:
    with refuses("usage.wrong"):
        StatedOrigin("automatic", version="2")
    with refuses("usage.wrong"):
        StatedOrigin("manual", error_mm=2.0)


AUTOMATIC, NAMED = Author("automatic"), Author("automatic", "nnU-Net", "2.5")


@pytest.mark.parametrize(
    ("of_file", "stated", "joined", "agrees"),
    [
        (None, Author("manual"), Author("manual"), True),
        (None, NAMED, NAMED, True),
        (AUTOMATIC, NAMED, NAMED, True),
        (NAMED, AUTOMATIC, NAMED, True),
        (Author("automatic", "NNU-NET"), NAMED, Author("automatic", "NNU-NET", "2.5"), True),
        (NAMED, Author("automatic", "nnU-Net", "2.6"), NAMED, False),
        (NAMED, Author("automatic", "MONAI"), NAMED, False),
        (NAMED, Author("manual"), NAMED, False),
        (Author("manual"), NAMED, NAMED, False),
        (Author("manual"), Author("semi-automatic"), None, False),
        (OF_SEGMENTS, Author("semi-automatic"), OF_SEGMENTS, True),
        (OF_SEGMENTS, Author("manual"), OF_SEGMENTS, False),
        (OF_SEGMENTS, NAMED, NAMED, False),
    ],
)
def test_a_contradiction_is_no_choice_but_the_wider_interval(
    of_file: Author | None, stated: Author, joined: Author | None, agrees: bool
) -> None:
    assert join_origins(of_file, stated) == (joined, agrees)
