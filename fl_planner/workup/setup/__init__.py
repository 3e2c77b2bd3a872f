"""What is said once for all: settings, and the list of a centre."""
