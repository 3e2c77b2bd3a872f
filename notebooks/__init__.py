"""Notebooks that tell a story on the bundled cases, each with its text form beside it."""
