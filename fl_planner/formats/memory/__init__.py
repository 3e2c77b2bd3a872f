"""Images that a program holds in memory: arrays, nibabel, SimpleITK and DICOM data sets."""
