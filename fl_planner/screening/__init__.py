"""Results over time: the log of what was answered, and whether an answer still holds."""
