"""Outputs for machines, and how a file is put on disk."""
