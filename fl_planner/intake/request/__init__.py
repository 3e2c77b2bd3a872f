"""Requests: the entries of a case file, of options, or of both."""
