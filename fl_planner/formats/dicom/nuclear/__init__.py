"""Read DICOM of nuclear medicine: dynamic studies, SPECT, planar images."""
