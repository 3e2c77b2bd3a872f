"""Common properties of voxels in all formats: values, labels, geometry."""
