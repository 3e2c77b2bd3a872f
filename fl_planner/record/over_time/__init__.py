"""Records of many patients and of their outcomes."""
