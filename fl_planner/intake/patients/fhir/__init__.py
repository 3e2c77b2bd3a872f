"""Patients of a FHIR R4 Bundle or bulk export, by a mapping of codes to facts."""
