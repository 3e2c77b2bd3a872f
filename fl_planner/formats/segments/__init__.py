"""Segments by name or number, the same for every format, and label schemes."""
