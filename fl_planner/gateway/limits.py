"""Limits of time and attempts for the jobs of a gateway [project's choice]."""

FIRST_WAIT_S, LONGEST_WAIT_S = 10.0, 3600.0  # between two attempts; doubled after each
MOST_ATTEMPTS = 3  # of a plan whose process ended
MOST_PLAN_S = 1800  # of a plan with its report and pictures
