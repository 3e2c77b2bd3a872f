"""Vessels of a liver, how near they lie, and what plans leave without its supply."""
