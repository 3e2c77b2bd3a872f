"""Records as tables for the terminal."""
