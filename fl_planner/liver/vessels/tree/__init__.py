"""A vessel as a tree of voxels: where it begins, and what lies beyond a cut of it."""
