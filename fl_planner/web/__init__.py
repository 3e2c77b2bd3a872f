"""The local page: cases opened, answered and seen in cuts, on this computer alone."""
