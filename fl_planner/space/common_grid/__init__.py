"""Mapping of files on several grids to one grid."""
