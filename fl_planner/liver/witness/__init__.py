"""The CT as witness: whether a mask is on the liver that a scan shows."""
