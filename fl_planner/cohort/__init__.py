"""Cohorts: many cases, each planned once, with results and tables in one folder."""
