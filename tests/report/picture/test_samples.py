"""Samples of the legend below cuts through a CT: lines that are told apart on what they lie on."""

import pytest

from fl_planner.report.picture.draw.colours import ON_CT, STROKES


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("part", STROKES)
def test_a_sample_on_a_ct_is_no_black_box(part: str) -> None:
    """The line and its dark rim both stand out from the grey that a liver has on a CT."""
    assert contrast(STROKES[part].on_ct, ON_CT.sample) >= 1.9
    assert contrast(ON_CT.halo, ON_CT.sample) >= 3
