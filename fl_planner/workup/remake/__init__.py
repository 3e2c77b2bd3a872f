"""An output made again from its files, to see whether it still holds."""
