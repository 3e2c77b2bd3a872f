"""Couinaud segments: their content, halves, gaps, and sets of segments."""
