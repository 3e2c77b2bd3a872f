"""HTML of the site: made by Sphinx, labelled for screen readers, tested in a browser."""
