"""What follows from a case: thresholds, pathway and route."""
