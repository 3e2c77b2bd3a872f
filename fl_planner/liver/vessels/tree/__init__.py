"""A vessel as a tree of voxels: its origin, and the part beyond a cut."""
