"""Vessels are told apart: by colour for everybody, or by the dashes of their lines."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.formats.segments.colours import VESSEL_KINDS
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.exclusions import NAMES
from fl_planner.report.picture.draw.colours import LOOKS, ON_PAPER, STROKES
from fl_planner.report.picture.slices.sections import (
    LOST_PARTS,
    VESSEL_PARTS,
    list_surroundings,
    name_surroundings,
)
from fl_planner.space.grid import Box
from tests.report.phantoms import LIVER, block
from tests.report.picture.test_samples import contrast

# Viénot, Brettel and Mollon 1999: linear RGB as a dichromat sees it; achromats see the grey.
SEEN: dict[str, npt.NDArray[np.float64]] = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]
    ),
    "deuteranopia": np.array(
        [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]
    ),
}
APART = 10.0  # in CIE Lab; 2.3 is just noticeable
SIDE = Box((5, 12, 2), (8, 15, 22))


def linear(colour: str) -> npt.NDArray[np.float64]:
    parts = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CIE Lab of linear sRGB under D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    share = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("ground", ["on_ct", "on_paper"])
def test_vessels_are_distinguished_by_hue_or_dashes(seen: str, ground: str) -> None:
    for one, other in combinations((*VESSEL_PARTS, *LOST_PARTS, "tumour", "remnant"), 2):
        if STROKES[one].dashes == STROKES[other].dashes:
            colours = [lab(SEEN[seen] @ linear(getattr(STROKES[x], ground))) for x in (one, other)]
            assert np.linalg.norm(colours[0] - colours[1]) > APART, (one, other)


@pytest.mark.parametrize("part", [*VESSEL_PARTS, *LOST_PARTS])
def test_a_line_on_paper_is_out(part: str) -> None:
    assert contrast(STROKES[part].on_paper, ON_PAPER.sample) >= 4.5


def test_surfaces_of_vessels_are_distinguished() -> None:
    for seen, matrix in SEEN.items():
        for one, other in combinations((*VESSEL_PARTS, "tumour"), 2):
            pair = [lab(matrix @ linear(as_hex(LOOKS[x].colour))) for x in (one, other)]
            assert np.linalg.norm(pair[0] - pair[1]) > APART, (seen, one, other)


def as_hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * share):02x}" for share in colour)


def test_every_vessel_has_a_kind_and_branches_that_of_their_tree() -> None:
    named = [name for names in VESSEL_KINDS.values() for name in names]
    assert {*NAMES} <= {*named}
    assert len(named) == len({*named})
    assert {"portal_veins", "right_portal_vein", "portal_vein_trunk"} <= {*VESSEL_KINDS["portal"]}


def test_what_is_excluded_and_a_vessel_is_drawn_once() -> None:
    cava, duct = block("inferior_vena_cava", SIDE), block("bile_duct", SIDE)
    left = block("left_portal_vein", SIDE)
    anatomy = Anatomy(
        block("liver", LIVER),
        excluded=(cava, block("cyst", SIDE)),
        vessels={"inferior_vena_cava": cava, "bile_duct": duct, "left_portal_vein": left},
    )
    found = list_surroundings(anatomy)
    assert {part: len(masks) for part, masks in found.items()} == {
        "excluded": 1, "cava": 1, "portal": 1, "duct": 1,
    }  # fmt: skip
    assert name_surroundings("portal", found["portal"]) == "portal veins: left portal vein"
    assert name_surroundings("cava", found["cava"]) == "inferior vena cava"
    assert name_surroundings("vessels", (block("liver_vessels", SIDE),)) == "vessels"


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("ground", ["on_ct", "on_paper"])
def test_parts_that_lose_a_vessel_are_distinguished_by_hue_and_hatch(
    seen: str, ground: str
) -> None:
    inflow, outflow = (STROKES[part] for part in LOST_PARTS)
    assert inflow.hatch != outflow.hatch
    assert inflow.dashes != outflow.dashes
    colours = [lab(SEEN[seen] @ linear(getattr(one, ground))) for one in (inflow, outflow)]
    assert np.linalg.norm(colours[0] - colours[1]) > APART
