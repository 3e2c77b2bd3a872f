"""Parameters and results of the Python functions: options of the command line, and records."""
