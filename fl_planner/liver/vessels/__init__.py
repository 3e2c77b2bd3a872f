"""Vessels of a liver: their distance to lesions, and the liver lost when a branch is cut."""
