"""A vessel as a tree of voxels: where it begins, and what is beyond a cut of it."""
