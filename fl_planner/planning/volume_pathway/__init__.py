"""The volume-based pathway: its row, reasons, and what would change it."""
