"""Drawing: page in px, text, lines, picture files."""
