"""A report as a page: words, pictures and layout."""
