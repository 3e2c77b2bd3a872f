"""MetaImage in."""
