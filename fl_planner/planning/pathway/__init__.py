"""The pathway by volume: its row, reasons, and what would change it."""
