"""Machine-readable outputs, and writing of files."""
