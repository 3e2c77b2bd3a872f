"""Records of files: properties and conversions."""
