"""A plan as a FHIR R4 Bundle."""
