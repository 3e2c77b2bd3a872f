"""What is said to lie beside the liver leaves it most of what was drawn."""

from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.exclusions import require_beside
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import block

GRID = Grid.upright((100, 10, 10), (1.0, 1.0, 1.0))  # 0.1 mL a layer


def bar(name: str, start: int, stop: int) -> Mask:
    return block(GRID, (start, stop), (0, 10), (0, 10), name=name, file=f"{name}.nii")


LIVER = bar("liver", 0, 80)


@pytest.mark.parametrize("name", ["inferior_vena_cava", "portal_vein_trunk", "gallbladder"])
def test_h13_what_takes_most_of_the_liver_does_not_lie_beside_it(name: str) -> None:
    require_beside(Anatomy(LIVER, excluded=(bar(name, 40, 100),)))  # 40 of 80 layers
    with pytest.raises(InputRefused) as refusal:
        require_beside(Anatomy(LIVER, excluded=(bar(name, 39, 100),)))
    assert (refusal.value.code, refusal.value.source) == ("exclude.takes_liver", f"{name}.nii")
    assert refusal.value.reason == (
        f"was given as {name}, which lies beside the liver, and holds 4.1 mL of the 8.0 mL of "
        "liver.nii (liver)"
    )
    assert refusal.value.remedy.endswith(f"give the {name.replace('_', ' ')}")


@pytest.mark.parametrize("part", ["flr", "resected", "treated"])
def test_h13_nor_what_takes_most_of_a_part_of_it(part: str) -> None:
    given: Any = {part: bar(part, 0, 20)}
    require_beside(Anatomy(LIVER, excluded=(bar("ivc", 10, 30),), **given))
    with pytest.raises(InputRefused, match=f"ivc.nii: was given as ivc.*{part}.nii"):
        require_beside(Anatomy(LIVER, excluded=(bar("ivc", 9, 30),), **given))


def test_what_stays_in_the_liver_may_fill_it() -> None:
    require_beside(Anatomy(LIVER, flr=bar("flr", 0, 20), excluded=(bar("cyst", 0, 80),)))
