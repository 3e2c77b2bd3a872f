"""Growth of a remnant from scan to scan."""
