"""Limits of distances and shares of vessels, which records print without loading measurements."""

from __future__ import annotations

NEEDED_PERCENT = 5  # of the remnant, nearest to a vein that must be kept [project's choice]
CUT_PERCENT = 5  # of a vein in the liver: up to here, beyond a border by chance [same]
REACHES_MM = (1.0, 5.0, 10.0)  # from a vessel: at it, near it, within a usual margin
