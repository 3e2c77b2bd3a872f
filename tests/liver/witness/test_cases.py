"""The CT as witness on real and bundled scans: every question of `benchmarks/witness.py`."""

from pathlib import Path

import pytest

from benchmarks.witness import MIRRORS, SAMPLES, Row, read_cases
from tests.cases import of_many
from tests.shared import shared

pytestmark = pytest.mark.slow

SIX_SIDES = 6


@pytest.fixture(scope="module")
def folder() -> Path:
    return shared("data")


@pytest.mark.parametrize("number", of_many([2], [1, 2]))  # hcc, and a public one
def test_h02_all_that_is_mirrored_or_moved_is_reported_and_nothing_else(
    number: int, folder: Path
) -> None:
    row = Row()
    row.count([*read_cases(folder)][number])
    sides = {f"{mm} mm": SIX_SIDES for mm in (10, 20, 30)}
    asked = {"untouched": 1, **dict.fromkeys(MIRRORS, 1), **sides}
    assert row.asked == asked
    assert {name: row.told[name] for name in asked} == asked | {"untouched": 0}
    assert sum(row.named.values()) >= sum(row.told.values()) - 1
    assert row.odd == []


def test_h06_twenty_millimetres_are_reported_on_three_slices_of_one(folder: Path) -> None:
    row = Row()
    row.count([*read_cases(folder)][3])
    assert row.told["untouched"] == 0
    assert row.told["20 mm"] == row.told["30 mm"] == SIX_SIDES
    assert row.told["left-right"] == row.told["front-back"] == 1


@pytest.mark.essential
def test_the_bundled_cases_need_no_folder() -> None:
    assert [one.row for one in read_cases(None)] == [
        f"bundled `{case.name}`"
        for case in sorted(SAMPLES.iterdir())
        if (case / "segments.nii.gz").exists()
    ]
