"""A CDS Hooks service: trial verdicts, as cards in a patient's record."""
