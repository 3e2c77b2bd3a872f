"""Reading and writing of DICOM: CT series, SEG, RTSTRUCT."""
