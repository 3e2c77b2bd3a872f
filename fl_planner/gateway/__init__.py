"""Studies received by network or folder: each is planned, and its results are stored with it."""
