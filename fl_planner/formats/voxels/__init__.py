"""What the voxels of any format have in common: values, labels, geometry."""
