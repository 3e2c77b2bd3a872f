"""Charts: intervals, curves of uptake, growth."""
