"""What is said to lie beside the liver leaves it most of what was drawn."""

from dataclasses import replace
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.exclusions import (
    find_excluded_tumour,
    is_meant,
    parse_labels,
    report_excluded,
    require_outside_liver,
)
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import block, codes
from tests.refusals import refuses

GRID = Grid.upright((100, 10, 10), (1.0, 1.0, 1.0))  # 0.1 mL a layer


def bar(name: str, start: int, stop: int) -> Mask:
    return block(GRID, (start, stop), (0, 10), (0, 10), name=name, file=f"{name}.nii")


LIVER = bar("liver", 0, 80)


@pytest.mark.parametrize("name", ["inferior_vena_cava", "portal_vein_trunk", "gallbladder"])
def test_h13_what_takes_most_of_the_liver_does_not_be_next_to_it(name: str) -> None:
    require_outside_liver(Anatomy(LIVER, excluded=(bar(name, 40, 100),)))  # 40 of 80 layers
    with refuses("exclude.takes_liver", f"{name}.nii") as refusal:
        require_outside_liver(Anatomy(LIVER, excluded=(bar(name, 39, 100),)))
    assert refusal.value.reason == (
        f"was given as {name.replace('_', ' ')}, a structure outside the liver, but covers 4.1 mL "
        "of the 8.0 mL of liver.nii (liver)"
    )
    assert refusal.value.remedy.endswith(
        f"give the file that contains the {name.replace('_', ' ')}"
    )


@pytest.mark.parametrize("part", ["flr", "resected", "treated"])
def test_h13_nor_what_takes_most_of_a_part_of_it(part: str) -> None:
    given: Any = {part: bar(part, 0, 20)}
    require_outside_liver(Anatomy(LIVER, excluded=(bar("ivc", 10, 30),), **given))
    with pytest.raises(InputRefused, match=f"ivc.nii: was given as ivc.*{part}.nii"):
        require_outside_liver(Anatomy(LIVER, excluded=(bar("ivc", 9, 30),), **given))


def test_what_stays_in_the_liver_may_fill_it() -> None:
    require_outside_liver(Anatomy(LIVER, flr=bar("flr", 0, 20), excluded=(bar("cyst", 0, 80),)))


def test_h13_own_labels_of_two_remnants_are_an_error() -> None:
    _, ((key, what),) = parse_labels({"3": "FLR left", "4": "FLR right"}, ())
    assert key == "4"
    assert "'FLR right' and 'FLR left' (label 3) both mean flr" in what
    assert parse_labels({"3": "flr", "4": "FLR"}, ())[1] == ()  # one name: both are meant
    assert parse_labels({"3": "lesion 1", "4": "lesion 2"}, ())[1] == ()
    _, ((_, what),) = parse_labels({"1": "exclude Galle"}, ())
    assert "Galle' is not a known structure" in what


def test_own_labels_that_mean_nothing_are_passed_over() -> None:
    assert parse_labels({"3": "Fokus 3"}, ()) == ({3: "Fokus 3"}, ())


def test_tumour_that_reaches_into_what_lies_beside_is_told_once_it_lies_mostly_there() -> None:
    cava = bar("inferior_vena_cava", 70, 90)
    for start, told in ((60, []), (64, ["overlap.excluded_tumour"])):  # 10 of 20, 10 of 16 layers
        drawn = Anatomy(LIVER, tumour=bar("tumour", start, 80), excluded=(cava,))
        found = [*find_excluded_tumour(drawn)]
        assert codes(found) == told
    assert (found[0].value, found[0].unit) == (1.0, "mL")  # 10 layers
    assert "1.0 mL of tumour is in the excluded inferior vena cava" in found[0].message


def test_h03_tumour_subtracted_with_what_lies_beside_is_stated_in_ml() -> None:
    cava = bar("inferior_vena_cava", 70, 90)
    for name, stated in (
        ("inferior_vena_cava", ", 1.0 mL of it in the tumour mask) is subtracted from the liver "),
        ("cyst", ", 1.0 mL of it in the liver mask) remains in the liver "),
    ):
        excluded = (replace(cava, name=name),)
        (found,) = report_excluded(Anatomy(LIVER, tumour=bar("tumour", 60, 80), excluded=excluded))
        assert stated in found.message
    (found,) = report_excluded(Anatomy(LIVER, tumour=bar("tumour", 0, 9), excluded=(cava,)))
    assert "tumour" not in found.message


def test_a_vessel_is_meant_by_its_own_name_and_by_none() -> None:
    assert is_meant("portal_veins", "portal_veins")
    assert not is_meant(None, "portal_veins")
