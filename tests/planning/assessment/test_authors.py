"""A remnant that a program drew never has the interval of one that a reader drew."""

from dataclasses import replace
from fractions import Fraction

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.facts import choose_scatters, compute_spreads
from fl_planner.planning.given.case import Case, Operation, Reading
from fl_planner.space.mask import OF_SEGMENTS, Author
from tests.masks import codes, liver_part, small_liver, small_segments

ENGINE = Author("automatic", "nnU-Net", "2.5")
HAND = Author("manual")
SIDE = liver_part([[7, 16, 1, 11, 1, 11]], "flr")  # 900 of 1500 mL
REST = liver_part([[1, 7, 1, 11, 1, 11]], "resected")
PAIRS = 12


def of(anatomy: Anatomy, *segments: str, **words: object) -> Measured:
    case = Case(anatomy, (), operations=(Operation(None, segments),))
    return measure_plan(structs.replace(case, **words))


def cv(anatomy: Anatomy, *segments: str, **words: object) -> Fraction:
    return choose_scatters(anatomy, of(anatomy, *segments, **words))["flr"].cv_remnant


def drawn(author: Author | None) -> Anatomy:
    return replace(small_liver(), flr=SIDE.drawn_by(author))


def removed(author: Author | None) -> Anatomy:
    return replace(small_liver(), resected=REST.drawn_by(author))


def mapped(author: Author | None) -> Anatomy:
    parts = {name: mask.drawn_by(author) for name, mask in small_segments().items()}
    return replace(small_liver(), segments=parts)


def test_an_automatic_remnant_is_wider_than_any_other() -> None:
    assert cv(drawn(ENGINE)) == cv(removed(ENGINE)) == Fraction("0.15")
    assert cv(mapped(ENGINE), "5", "6", "7", "8") == Fraction("0.15")
    assert cv(drawn(HAND)) == cv(drawn(None)) == cv(removed(HAND)) == Fraction("0.07")
    assert cv(mapped(HAND), "5", "6", "7", "8") == Fraction("0.12")


def test_one_automatic_segment_makes_a_remnant_automatic() -> None:
    anatomy = mapped(HAND)
    one = {**anatomy.segments, "8": anatomy.segments["8"].drawn_by(ENGINE)}
    assert cv(replace(anatomy, segments=one), "5", "6", "7", "8") == Fraction("0.15")
    assert cv(replace(anatomy, segments=one), "5", "6", "7") == Fraction("0.12")


def test_an_automatic_liver_around_a_remnant_of_a_reader_changes_nothing() -> None:
    liver = small_liver().liver.drawn_by(ENGINE)
    assert cv(replace(drawn(HAND), liver=liver)) == Fraction("0.07")
    assert cv(replace(removed(HAND), liver=liver)) == Fraction("0.07")


def test_an_automatic_remnant_is_named_with_its_program() -> None:
    (found,) = (one for one in of(drawn(ENGINE)).findings if one.code == "remnant.automatic")
    assert "drawn automatically by nnU-Net 2.5" in found.message
    assert "its CV is 15 % (this project's choice, no published source)" in found.message
    assert found.severity is Severity.WARNING
    assert found.file == "flr.nii.gz"
    for other in (drawn(HAND), drawn(None), drawn(Author("semi-automatic", "Seeds"))):
        assert "remnant.automatic" not in codes(of(other).findings)


def test_a_sign_off_narrows_it_again_and_is_stated() -> None:
    signed = {"reading": Reading(reader="R1", status="verified")}
    assert cv(drawn(ENGINE), **signed) == Fraction("0.07")
    found = codes(of(drawn(ENGINE), **signed).findings)
    assert "remnant.verified" in found
    assert "remnant.automatic" not in found
    assert cv(drawn(ENGINE), reading=Reading(status="draft")) == Fraction("0.15")
    assert "remnant.verified" not in codes(of(drawn(HAND), **signed).findings)


@pytest.mark.parametrize("code", ["case.mask_changed", "case.verified_without_hashes"])
def test_a_sign_off_of_other_masks_narrows_nothing(code: str) -> None:
    doubts = (Finding(code, Severity.ERROR, "the masks are not those that were verified"),)
    signed = {"reading": Reading(status="verified"), "findings": doubts}
    assert cv(drawn(ENGINE), **signed) == Fraction("0.15")


@pytest.mark.parametrize(("origin", "applies"), [("automatic", True), ("drawn", False)])
def test_only_an_error_measured_on_automatic_remnants_replaces_it(
    origin: str, applies: bool
) -> None:
    error = ReadingError(Fraction("0.05"), PAIRS, PAIRS, origin, "centre")  # type: ignore[arg-type]
    measured = of(drawn(ENGINE), reading_error=error)
    spread = compute_spreads(drawn(ENGINE), measured)["flr"]
    assert (measured.own_error is error) is applies
    assert ("centre.other_origin" in codes(measured.findings)) is not applies
    # Student's t of 12 degrees of freedom is 2.179; 0.15 and 0.03 in quadrature are 0.153
    expected = 0.05 * 2.17881 / 1.96 if applies else (0.15**2 + 0.03**2) ** 0.5
    assert spread.of_readers == pytest.approx(expected, rel=1e-5)


def test_an_automatic_treated_area_is_wider_too() -> None:
    treated = liver_part([[7, 16, 1, 11, 1, 11]], "treated")
    for author, expected in ((ENGINE, "0.15"), (OF_SEGMENTS, "0.12"), (HAND, "0.07")):
        anatomy = replace(small_liver(), treated=treated.drawn_by(author))
        assert choose_scatters(anatomy, of(anatomy))["untreated"].cv_remnant == Fraction(expected)


def test_h19_a_mask_that_was_composed_of_segments_is_no_drawing() -> None:
    assert cv(drawn(OF_SEGMENTS)) == cv(removed(OF_SEGMENTS)) == Fraction("0.12")
    signed = {"reading": Reading(reader="R1", status="verified")}
    assert cv(drawn(OF_SEGMENTS), **signed) == Fraction("0.12")
    measured = of(mapped(HAND), "5", "6", "7", "8")
    assert measured.remnant is not None
    assert measured.remnant.mask.author == OF_SEGMENTS
