"""Inputs of a case, declared as one class per table and one field per key, for every interface."""
