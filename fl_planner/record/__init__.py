"""The one record: each number and word that leaves, declared once with its unit and its codes."""
