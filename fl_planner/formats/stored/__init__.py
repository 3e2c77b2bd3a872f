"""A stored file: its bytes, compression and kind."""
