"""What a remnant did over scans, as a record."""
