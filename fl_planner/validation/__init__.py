"""Validation on public data sets: their patients planned, and compared with known voxel counts."""
