"""What files are, and what becomes of them: checked by themselves, or converted."""
