"""A thousand cases and more: each planned once, their results kept in one folder, told together."""
