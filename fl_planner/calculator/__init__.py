"""The formulas of `fl-planner calc NAME`."""
