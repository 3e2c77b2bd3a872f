"""Thresholds, pathway and route of a case."""
