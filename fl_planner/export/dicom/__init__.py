"""A plan as DICOM: measurement report, segmentation, picture."""
