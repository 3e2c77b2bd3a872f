"""The pixels of a DICOM file, as they are packed."""
