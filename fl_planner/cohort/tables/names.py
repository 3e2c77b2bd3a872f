"""What the plans of a run have entries of, by their names: a table has columns for each."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct, json

from fl_planner.cohort.result import PLAN, find_folder, read_cohort
from fl_planner.export.plan_row import list_limits
from fl_planner.intake.documents.bundled_trials import in_order, read_bundled_trials
from fl_planner.patient.body_size import TLV_FORMULAS
from fl_planner.record.volumes import DENOMINATORS


@dataclass(frozen=True, slots=True)
class Names:
    """Those that every run may have, and behind them those of this one, as a hospital's trials."""

    limits: tuple[str, ...]
    trials: tuple[str, ...]
    denominators: tuple[str, ...]


class _NamedPart(Struct, frozen=True):
    name: str


class _NumberedPart(Struct, frozen=True):
    id: str


class _ListedParts(Struct, frozen=True):
    trials: tuple[_NumberedPart, ...] = ()
    thresholds: tuple[_NamedPart, ...] = ()
    denominators: tuple[_NamedPart, ...] = ()


def find_names(out: Path) -> Names:
    """Find them in the plans of a run.

    Raises `InputRefused`: as `read_cohort`; a damaged plan is refused where it is read whole.
    """
    limits = dict.fromkeys(list_limits())
    trials = dict.fromkeys(trial.id for trial in read_bundled_trials())
    denominators = dict.fromkeys((*DENOMINATORS, *TLV_FORMULAS))
    for found in _list_found(out):
        limits |= dict.fromkeys(one.name for one in found.thresholds)
        trials |= dict.fromkeys(one.id for one in found.trials)
        denominators |= dict.fromkeys(one.name for one in found.denominators)
    return Names(tuple(limits), tuple(in_order(trials)), tuple(denominators))


def _list_found(out: Path) -> Iterable[_ListedParts]:
    for case_id in read_cohort(out).ids:
        with suppress(OSError, ValueError):
            yield json.decode((find_folder(out, case_id) / PLAN).read_bytes(), type=_ListedParts)
