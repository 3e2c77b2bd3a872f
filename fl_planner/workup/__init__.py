"""Use cases, one module per question, called by the command line, the page and Python."""
