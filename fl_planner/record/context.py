"""What is shown beside the remnant: each with its formula, unit, range and source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from fl_planner.basis.shown import as_number
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import as_float, says

if TYPE_CHECKING:
    from fl_planner.planning.assessment.context import ContextNote

SAID = {"wk": "weeks", "mm[Hg]": "mmHg"}  # units, as people write them
NOTE: Literal["not a criterion of the five trials"] = "not a criterion of the five trials"


class NoteRecord(RecordPart):
    """One thing beside the remnant; without a value and words, what it lacks."""

    value: Annotated[float | None, says("In its unit.")] = None
    shown: Annotated[str | None, says("The value on its side of every limit in print.")] = None
    words: Annotated[str | None, says("A grade, an answer, or what was given in words.")] = None
    missing: Annotated[tuple[str, ...], says("What it lacks.")] = ()
    unit: Annotated[str | None, says("UCUM; absent for a ratio and for words.")] = None
    plausible: Annotated[str | None, says("What its value can be.")] = None
    formula: Annotated[str, says("How it is made, and the limits that are in print.")]
    source: Annotated[str, says("The paper.")]
    note: Annotated[Literal["not a criterion of the five trials"], says("Always this.")] = NOTE

    @property
    def known(self) -> bool:
        """Whether there is more to tell than what it lacks."""
        return self.shown is not None or self.words is not None

    def say(self) -> str:
        """Tell it to a person: value and unit, words in brackets, and what it lacks."""
        value = None if self.shown is None else f"{self.shown} {self.unit_said}".strip()
        words = f"({self.words})" if value and self.words else self.words
        known = " ".join(part for part in (value, words) if part) or None
        lacks = f"lacks {', '.join(self.missing)}" if self.missing else None
        return "; ".join(part for part in (known, lacks) if part)

    def say_origin(self) -> str:
        """Tell how it is made, what it can be, and who printed it."""
        range_ = f"plausible {self.plausible} {self.unit_said}".strip()
        parts = (self.formula, None if self.plausible is None else range_, self.source)
        return "; ".join(part for part in parts if part is not None)

    @property
    def unit_said(self) -> str:
        """Its unit as people write it."""
        return SAID.get(self.unit or "", self.unit or "")


def _row(name: str) -> Meta:
    return Meta(extra={"row": name})


class ContextRecord(RecordPart):
    """Beside the remnant; no limit, criterion, pathway or route rests on it."""

    chemotherapy: Annotated[NoteRecord | None, _row("chemotherapy")] = None
    apri: Annotated[NoteRecord | None, _row("APRI")] = None
    fib_4: Annotated[NoteRecord | None, _row("FIB-4")] = None
    spleen_volume: Annotated[NoteRecord | None, _row("spleen volume")] = None
    pdff: Annotated[NoteRecord | None, _row("PDFF")] = None
    liver_minus_spleen: Annotated[NoteRecord | None, _row("liver minus spleen")] = None
    icg_r15: Annotated[NoteRecord | None, _row("ICG-R15")] = None
    hvpg: Annotated[NoteRecord | None, _row("HVPG")] = None
    limax: Annotated[NoteRecord | None, _row("LiMAx")] = None
    malbi: Annotated[NoteRecord | None, _row("modified ALBI")] = None
    phlf: Annotated[NoteRecord | None, _row("liver failure after hepatectomy (ISGLS)")] = None
    fifty_fifty: Annotated[NoteRecord | None, _row("50-50 criteria")] = None
    peak_bilirubin: Annotated[NoteRecord | None, _row("peak bilirubin")] = None


def as_context(notes: Sequence[ContextNote]) -> ContextRecord | None:
    """Tell what is known beside the remnant; None where nothing is."""
    if not notes:
        return None
    return ContextRecord(**{note.reference.name: _as_note(note) for note in notes})


def _as_note(note: ContextNote) -> NoteRecord:
    of, plausible = note.reference, note.reference.plausible
    unit = None if plausible is None else plausible.unit or None
    return NoteRecord(
        value=as_float(note.value),
        shown=None if note.value is None else as_number(note.value, of.limits, of.decimals),
        words=note.words,
        missing=note.missing,
        unit=unit,
        plausible=None if plausible is None else str(plausible.range),
        formula=of.formula,
        source=of.source,
    )
