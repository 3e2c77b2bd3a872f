"""Sections through the liver with the outlines of the masks."""
