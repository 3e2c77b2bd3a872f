"""The route by all facts: which row a patient hits, why, and what to do next."""
