"""Facts that trials require: numbers, yes or no, quantities with units, and their meaning."""
