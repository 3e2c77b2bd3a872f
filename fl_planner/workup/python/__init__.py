"""What Python's functions take and give: the command line's options, and results to look at."""
