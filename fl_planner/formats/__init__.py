"""Bytes to nouns and back: a folder a format."""
