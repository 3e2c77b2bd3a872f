"""The route by all facts: its row, reasons, and next steps."""
