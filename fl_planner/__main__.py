"""The command `fl-planner`, also as `python -m fl_planner`."""

import os
import signal


def main() -> None:
    """Load and run the command; one that is interrupted while loading has nothing to clean up."""
    if callable(signal.getsignal(signal.SIGINT)):  # else it is ignored, as in the background
        signal.signal(signal.SIGINT, lambda number, _: os._exit(128 + number))
    from fl_planner.cli import main as run_command

    run_command()


if __name__ == "__main__":
    main()
