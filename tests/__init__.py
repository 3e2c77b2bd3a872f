"""Tests, room by room; a package of its own name, because others install one called `tests`."""
