"""Couinaud segments: what they hold, halves, gaps, sets of them."""
