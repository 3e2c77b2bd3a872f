"""Vessels of a liver: how near lesions are to them, and what is lost when a branch is cut."""
