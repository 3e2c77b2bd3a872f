"""Names of liver parts in use, and their meaning."""
