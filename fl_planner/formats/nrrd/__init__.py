"""Reading and writing of NRRD and of segmentations of 3D Slicer."""
