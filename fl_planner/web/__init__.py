"""The local page: cases are opened, answered and viewed in sections, on this computer only."""
