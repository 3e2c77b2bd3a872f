"""Vessels of a liver: how near lesions lie to them, and what is lost when a branch is cut."""
