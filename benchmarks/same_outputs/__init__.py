"""Everything that fl-planner puts out, kept of two versions and compared byte for byte."""
