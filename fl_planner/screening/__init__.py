"""Many patients over time: worklists, outcomes, the log, validity of outputs."""
