"""The geometric interval against bundled livers whose surfaces were displaced at random.

The Monte Carlo shares no code with the estimator; docs/uncertainty.md shows it on public livers.
"""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.coverage import Drawn, cover, read_bundled
from benchmarks.displaced import PART, Field, How, draw_shares
from tests.cases import of_many

HOWS: tuple[How, ...] = ("push", "warp")


def thinned(drawn: Drawn) -> Drawn:
    """Take every second pixel of both axes: quicker, and pixels twice as large."""
    affine = drawn.affine.copy()
    affine[:, :2] *= 2
    return replace(drawn, labels=drawn.labels[::2, ::2], affine=affine)


@pytest.mark.slow
@pytest.mark.parametrize("name", of_many(["crlm"], ["crlm", "hcc"]))
def test_the_interval_of_95_percent_holds_90_to_99(name: str) -> None:
    (drawn,) = (drawn for drawn in read_bundled() if drawn.name == name)
    found = cover(thinned(drawn), "push", 60, seed=2026)
    assert 90 <= found.held <= 99
    assert found.displaced_sd == pytest.approx(found.sd, rel=0.25)  # of 60: to 9 %


def test_the_fields_are_as_smooth_as_they_are_stated_to_be() -> None:
    """Standard deviation 1; 10 mm apart alike to exp(-1/2), 30 mm apart to exp(-9/2)."""
    x, y, z = np.meshgrid(*[np.arange(0.0, 200.0, 10.0)] * 3, indexing="ij")
    places_mm = np.array([x.ravel(), y.ravel(), z.ravel()])
    field = Field(places_mm, 10.0, np.random.default_rng(1))
    drawn = [field.at(field.draw(), places_mm).reshape(x.shape) for _ in range(20)]
    assert np.std(drawn) == pytest.approx(1, abs=0.04)  # read between lattice points: 2 % less
    assert np.mean([f[1:] * f[:-1] for f in drawn]) == pytest.approx(np.exp(-0.5), abs=0.04)
    assert np.mean([f[:, 3:] * f[:, :-3] for f in drawn]) == pytest.approx(np.exp(-4.5), abs=0.04)


def test_nothing_moves_what_has_no_surface_but_its_own() -> None:
    """A part that is the whole liver stays all of it, wherever its surface goes."""
    labels = np.zeros((20, 20, 20), dtype=np.intp)
    labels[4:16, 4:16, 4:16] = PART
    for how in HOWS:
        assert draw_shares(labels, np.diag([2.0, 2.0, 5.0]), how, 3, seed=1).tolist() == [1, 1, 1]
