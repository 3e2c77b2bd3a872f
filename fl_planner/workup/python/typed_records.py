"""Types of records by their keys, for type checkers only: all in the stub next to this module."""
