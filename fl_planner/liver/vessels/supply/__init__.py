"""Liver supplied by each branch: cells, readings, territories, and loss by plans."""
