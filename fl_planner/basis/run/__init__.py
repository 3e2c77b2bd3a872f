"""What holds for one run: what it reads and what it writes."""
