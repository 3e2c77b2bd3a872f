"""Liver function: uptake of mebrofenin, and the share of the remnant."""
