"""Transfer of DICOM objects by DICOMweb or DIMSE; requests to FHIR servers; checks of hosts."""
