"""Every resection by segments: what it clears, by what margin, what it leaves."""
