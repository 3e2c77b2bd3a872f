"""How two or more readers agree: the use case of `agree`."""
