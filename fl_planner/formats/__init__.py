"""Readers and writers of file formats, one folder per format."""
