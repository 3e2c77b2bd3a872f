"""Agreement of readers or tools on the same livers: differences, limits, consensus."""
