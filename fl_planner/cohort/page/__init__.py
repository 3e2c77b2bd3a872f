"""The page of a cohort: where its cases lie, and whom to look at."""
