"""Whose liver it is: body size and what follows from it."""
