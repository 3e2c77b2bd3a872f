"""A report as a page: words, pictures, layout."""
