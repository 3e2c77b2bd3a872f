"""Documents written by users: case, facts, centre, trials."""
