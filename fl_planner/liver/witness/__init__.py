"""The CT as witness: whether a mask lies on the liver that a scan shows."""
