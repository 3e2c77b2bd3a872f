"""The tables of a cohort, for pandas, R and a spreadsheet, and the worklist of its patients."""
