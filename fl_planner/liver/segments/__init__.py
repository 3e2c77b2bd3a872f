"""Couinaud segments: what they contain, halves, gaps, sets of them."""
