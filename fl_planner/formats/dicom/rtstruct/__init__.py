"""DICOM RTSTRUCT in: contours, and the voxels in them."""
