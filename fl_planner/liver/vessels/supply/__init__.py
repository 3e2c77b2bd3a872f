"""Which liver lives on which branch: cells, readings, territories, and what plans take."""
