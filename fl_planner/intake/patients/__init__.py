"""Lists of patients: tables, FHIR Bundles, folders."""
