"""NRRD and segmentations of 3D Slicer, in and out."""
