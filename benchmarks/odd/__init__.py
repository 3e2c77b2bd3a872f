"""Odd inputs that no list names, made by code that shares nothing with the reader."""
