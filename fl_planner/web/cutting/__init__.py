"""Draft cuts of the page: what is asked of one, what it answers, and how it is taken away."""
