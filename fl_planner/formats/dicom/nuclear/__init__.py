"""DICOM of nuclear medicine in: dynamic studies, SPECT, planar pictures."""
