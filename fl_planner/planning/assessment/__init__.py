"""Measurements of a case, made before any trial criterion is judged."""
