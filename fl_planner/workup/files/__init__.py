"""Work on files: checks and conversions."""
