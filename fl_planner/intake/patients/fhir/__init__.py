"""Patients of a FHIR R4 Bundle or bulk export, read with a mapping of codes to facts."""
