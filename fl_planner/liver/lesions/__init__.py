"""Lesions: number, size, location, and faults of their drawing."""
