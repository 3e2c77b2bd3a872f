"""Facts that trials ask for: numbers, yes or no, quantities with units, and what each means."""
