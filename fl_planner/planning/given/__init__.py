"""What was given of one patient, before anything is computed."""
