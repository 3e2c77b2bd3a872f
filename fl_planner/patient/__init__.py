"""Data of the patient: body size and scores."""
