"""The dose of a radioembolisation as records."""
