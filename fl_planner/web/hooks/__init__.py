"""A service of CDS Hooks: verdicts of trials, as cards in a patient's record."""
