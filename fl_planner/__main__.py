"""`python -m fl_planner`."""

from fl_planner.cli import main

main()
