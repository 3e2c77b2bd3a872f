"""Records of many patients and of what became of them."""
