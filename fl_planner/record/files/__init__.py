"""What files are, and what became of them, as records."""
