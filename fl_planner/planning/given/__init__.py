"""The inputs of one patient, before anything is computed."""
