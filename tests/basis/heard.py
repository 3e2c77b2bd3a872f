"""A listener that keeps all that it hears."""

from fl_planner.basis.run import Count


class Heard:
    """The steps that began, and what was counted."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.counts: list[Count | None] = []

    def begin(self, step: str) -> None:
        """Keep the name of a step."""
        self.steps.append(step)

    def count(self, count: Count | None) -> None:
        """Keep which of several things is at hand."""
        self.counts.append(count)
