"""Sources of a cohort: case files, tables and folders, each converted to case files."""
