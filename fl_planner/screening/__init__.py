"""Many patients and the course of time: worklists, outcomes, the log, whether an output holds."""
