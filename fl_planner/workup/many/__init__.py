"""Many cases at once, and the tables that are made of them."""
