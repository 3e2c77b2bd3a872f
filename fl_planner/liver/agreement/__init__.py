"""How readers or tools agree on the same livers: differences, scatter, limits, a consensus."""
