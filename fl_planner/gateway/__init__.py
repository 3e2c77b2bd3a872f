"""Studies received by network or folder: each is planned, and the results are stored with it."""
