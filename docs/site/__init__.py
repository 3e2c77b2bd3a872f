"""The site as HTML: set by Sphinx, named for screen readers, looked at in a browser."""
