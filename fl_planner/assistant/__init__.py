"""Tools for assistants (Model Context Protocol): each runs a command, and returns its JSON."""
