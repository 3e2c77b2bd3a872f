"""Use cases, one module a question: what the command line, a page and Python call."""
