"""What people and data sets call parts of a liver, and what each name means."""
