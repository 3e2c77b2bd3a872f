"""Scatter of readings of a share: by the literature, the voxel size, a second reader."""
