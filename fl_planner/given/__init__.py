"""What may be given of a case: a class a table, a field a key; every door reads these."""
