"""Pages of the documentation that are made from the program itself, and the site of all pages."""
