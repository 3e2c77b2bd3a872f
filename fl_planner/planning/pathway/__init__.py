"""The pathway by volume: which row a patient hits, why, and what would change it."""
