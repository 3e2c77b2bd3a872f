"""Which CV may be handed to plans."""

from dataclasses import replace
from fractions import Fraction

from fl_planner.liver.agreement.bland_altman import (
    CaseAgreement,
    PairAgreement,
    QuantityAgreement,
    ReadAmounts,
    summarise,
)
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.remnant import Origin
from fl_planner.workup.agreement import derive_reading_error

READERS = ("R1", "R2")


def told(
    shares: tuple[float, float], origins: tuple[Origin, Origin] = ("drawn", "drawn")
) -> tuple[tuple[CaseAgreement, ...], tuple[QuantityAgreement, ...]]:
    """Ten cases that two readers read alike."""
    readings = tuple(
        ReadAmounts(reader, {"flr_percent": share}, None, "measured_nontumour", origin)
        for reader, share, origin in zip(READERS, shares, origins, strict=True)
    )
    cases = tuple(CaseAgreement(str(n), readings, ()) for n in range(10))
    return cases, summarise(cases, READERS)


def test_the_cv_of_ten_pairs_is_handed_over() -> None:
    """30 and 33 %: CV 3 / √2 / 31.5."""
    found = derive_reading_error(*told((30.0, 33.0)), READERS)
    assert found is not None
    assert found.cv == Fraction("0.067344")
    assert (found.cases, found.df, found.origin) == (10, 10, "drawn")


def test_h16_a_remnant_that_is_the_same_for_both_makes_no_interval_narrower() -> None:
    """Ten cases of 30 and 33 %, and five drawn once: CV 3 / √2 / 31.5 of ten, as without them."""
    apart, _ = told((30.0, 33.0))
    same, _ = told((30.0, 30.0))
    copy = PairAgreement("R1", "R2", (Agreement("flr", 30, 30, 30, 1.0, 0.0, 0.0),))
    copies = tuple(replace(one, case=f"same {one.case}", pairs=(copy,)) for one in same[:5])
    every = (*apart, *copies)
    over = summarise(every, READERS)
    assert over[0].repeatability.df == 15
    found = derive_reading_error(every, over, READERS)
    assert found is not None
    assert (found.cv, found.df) == (Fraction("0.067344"), 10)
    assert derive_reading_error(copies, summarise(copies, READERS), READERS) is None


def test_remnants_of_two_kinds_or_readers_far_apart_give_none() -> None:
    assert derive_reading_error(*told((30.0, 33.0), ("drawn", "segments")), READERS) is None
    assert derive_reading_error(*told((5.0, 60.0)), READERS) is None
    assert derive_reading_error(*told((30.0, 30.0)), READERS) is None
    assert derive_reading_error((), (), READERS) is None
