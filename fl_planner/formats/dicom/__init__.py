"""DICOM in and out: CT series, SEG, RTSTRUCT."""
