"""The page of a cohort: its cases by state, and which to review."""
