"""Each formula by the name that it has outside: `fl-planner calc NAME`."""
