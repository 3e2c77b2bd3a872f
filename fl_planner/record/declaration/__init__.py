"""Declaration of keys of the record, and its use."""
