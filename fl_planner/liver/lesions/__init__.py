"""Lesions: how many, how large, where, and what was drawn of them."""
