"""Where the cases of a cohort come from: case files, tables, folders; each as a case file."""
