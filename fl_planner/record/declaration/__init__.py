"""How a key of the record is declared, and what is read off its declaration."""
