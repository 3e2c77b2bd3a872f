"""Tools for assistants by the Model Context Protocol: each runs a command, and returns its JSON."""
