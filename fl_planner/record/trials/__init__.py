"""Trials, criteria and a patient's answers, with the pathway and the route they lead to."""
