"""Contents of a report as blocks that terminal, HTML and PDF print."""
