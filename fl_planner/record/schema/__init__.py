"""The record as JSON Schema."""
