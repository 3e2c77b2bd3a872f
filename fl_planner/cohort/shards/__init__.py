"""Shards of a cohort: parts of its cases, planned by separate runs and merged at the end."""
