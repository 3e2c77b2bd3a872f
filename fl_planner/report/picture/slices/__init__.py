"""Cuts through the liver with the outlines of what was drawn."""
