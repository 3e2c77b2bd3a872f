"""The route based on all facts: its row, reasons, and next steps."""
