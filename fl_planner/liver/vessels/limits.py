"""Limits of distances and shares of vessels, which records print without loading measurements."""

from __future__ import annotations

from fractions import Fraction

NEEDED_PERCENT = 5  # of the remnant, nearest to a vein that must be kept [project's choice]
CUT_PERCENT = 5  # of a vein in the liver: up to here, beyond a border by chance [same]
DOUBT = Fraction(5, 100)  # of the liver, between two methods for a cut [project's choice]
LEAST_CUT = Fraction(1, 100)  # of the liver, below which a cut is uncertain [project's choice]
WIDEST_CUT = Fraction(10, 100)  # of the liver, between readings of one drawing [project's choice]
REACHES_MM = (1.0, 5.0, 10.0)  # from a vessel: at it, near it, within a usual margin
