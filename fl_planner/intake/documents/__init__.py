"""Documents that people write: case, facts, centre, trials."""
