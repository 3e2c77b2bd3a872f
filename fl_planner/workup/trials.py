"""Which trials there are, and what one of them asks."""

from __future__ import annotations

from pathlib import Path

from fl_planner.intake.documents.bundled_trials import read_lending_trials
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.record.trials.trials import TrialListRecord, as_criteria, as_trial_list
from fl_planner.trials.trial_names import find_by_words


def list_trials(folder: Path | None = None) -> TrialListRecord:
    """List the bundled trials, and after them those of a folder."""
    return as_trial_list(read_trials(folder)[0], read_lending_trials())


def describe_trial(name: str, folder: Path | None = None) -> TrialListRecord:
    """Tell the criteria of a trial, by its registry number, its name, or words of that.

    Raises `InputRefused`: where there is no such trial, or more than one, naming them.
    """
    return as_criteria(find_by_words(name, read_trials(folder)[0], read_lending_trials()))
