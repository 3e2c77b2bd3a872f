"""How well a liver works: uptake of mebrofenin, and the remnant's part in it."""
