"""Documents that a hospital needs before in-house use: acceptance run, hazards, libraries."""
