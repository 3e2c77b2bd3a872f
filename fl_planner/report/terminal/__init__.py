"""Records as tables for a person at a terminal."""
