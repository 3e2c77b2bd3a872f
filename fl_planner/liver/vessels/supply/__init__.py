"""Liver supplied by each branch: cells, readings, territories, and the loss caused by plans."""
