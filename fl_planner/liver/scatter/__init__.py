"""Scatter of readings of a share, from the literature, the voxel size or a second reader."""
