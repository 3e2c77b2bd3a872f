"""The remnant: what of the liver stays, lesions within it, and liver in no segment of a map."""
