"""DICOM SEG in and out."""
