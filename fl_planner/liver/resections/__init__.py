"""Every resection by whole segments: what it clears, by what margin, what it leaves."""
