"""The record: each number and text of an output, declared once with its unit and codes."""
