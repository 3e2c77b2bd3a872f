"""A file as it is stored: its bytes, how they are packed, what kind it is."""
