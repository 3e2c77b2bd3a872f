"""How readers agree: on one case beside the plan, and over many."""
