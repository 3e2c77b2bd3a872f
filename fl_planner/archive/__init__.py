"""Transfer of DICOM objects to and from archives, by DICOMweb or DIMSE."""
