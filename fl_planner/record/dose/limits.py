"""Three limits on a dose by their names: they answer different questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.constants import SESSION_GY, TRIAL_DOSE_GY
from fl_planner.basis.shown import as_plain
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import as_float, one_of, says
from fl_planner.record.dose.model import Part, Ratio
from fl_planner.y90.lung_shunt import RESIN_LABEL

if TYPE_CHECKING:
    from fl_planner.trials.criterion import Limit
    from fl_planner.y90.dose import DoseModel

SESSION_SOURCE = "usual limit of one treatment (Radiopaedia), no trial's"
LABEL_SOURCE = "label of resin spheres (Sirtex, instructions for use), no trial's"
SIDES = {-1: "below", 0: "at", 1: "above"}


class DoseLimitRecord(RecordPart):
    """One limit; they answer different questions."""

    name: Annotated[str, says("Stable name.")]
    of: Annotated[str, says("What it limits.")]
    limit: Annotated[Ratio, says("The limit, in `unit`.")]
    unit: Annotated[str, says("UCUM.")]
    value: Annotated[Ratio | None, says("What it is here, in `unit`.")] = None
    answer: Annotated[str, one_of("On which side it lies, exactly.", SIDES.values())] | None = None
    source: Annotated[str, says("Whose it is.")]
    decides: Annotated[bool, says("Whether a trial decides by it.")]
    largest_lung_shunt: Annotated[Part | None, says("Largest lung shunt that keeps it.")] = None


def list_limits(
    model: DoseModel, planned_gy: Fraction | None, limits: Iterable[Limit]
) -> Iterator[DoseLimitRecord]:
    """Set three questions side by side; only a trial's limit is one of a trial."""
    for one in limits:
        dose = model.lung_dose_gy()
        yield DoseLimitRecord(
            name=_name(one.trial, "lung_dose", one.value),
            of="lung dose when the tumour gets 150 Gy",
            limit=float(one.value),
            unit="Gy",
            value=as_float(dose),
            answer=_find_side(dose, one.value),
            source=one.source,
            decides=True,
            largest_lung_shunt=as_float(model.largest_shunt(one.value)),
        )
    yield _as_session(model, planned_gy or TRIAL_DOSE_GY)
    yield _as_label(None if model.shunt is None else model.shunt.value)


def _as_session(model: DoseModel, planned_gy: Fraction) -> DoseLimitRecord:
    dose = model.lung_dose_gy(planned_gy)
    return DoseLimitRecord(
        name=_name("session", "lung_dose", SESSION_GY),
        of=f"lung dose of one treatment, tumour {as_plain(planned_gy)} Gy",
        limit=float(SESSION_GY),
        unit="Gy",
        value=as_float(dose),
        answer=_find_side(dose, SESSION_GY),
        source=SESSION_SOURCE,
        decides=False,
        largest_lung_shunt=as_float(model.largest_shunt(SESSION_GY, planned_gy)),
    )


def _as_label(shunt: Fraction | None) -> DoseLimitRecord:
    return DoseLimitRecord(
        name=_name("resin_label", "lung_shunt", RESIN_LABEL),
        of="lung shunt",
        limit=float(RESIN_LABEL),
        unit="1",
        value=as_float(shunt),
        answer=_find_side(shunt, RESIN_LABEL),
        source=LABEL_SOURCE,
        decides=False,
    )


def _name(whose: str, what: str, limit: Fraction) -> str:
    """Make the stable name of a limit."""
    return f"{whose}.{what}_{as_plain(limit)}"


def _find_side(value: Fraction | None, limit: Fraction) -> str | None:
    return None if value is None else SIDES[(value > limit) - (value < limit)]
