"""Additional assessment of the liver: body size, references, and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from msgspec import Meta, convert

from fl_planner.basis import clinical_codes as codes
from fl_planner.basis.formula import formula_of
from fl_planner.basis.shown import as_entered, as_number, as_unit
from fl_planner.basis.standing_words import SCORES
from fl_planner.patient.body_size import (
    BSA_FORMULAS,
    DEFAULT_BSA,
    DEFAULT_TLV,
    BodySize,
    compute_flr_bw_percent,
    compute_sflr_percent,
)
from fl_planner.planning.assessment.choose_resections import BodyEstimates, Denominator
from fl_planner.planning.given.case import SameDay
from fl_planner.planning.given.study_days import count_days
from fl_planner.record.declaration.part import (
    ClinicalDate,
    Ml,
    PercentOfAnother,
    RecordKeys,
    RecordPart,
    Unit,
    as_float,
    column,
    measured_in,
    observed,
    observed_as,
    one_of,
    says,
)

if TYPE_CHECKING:
    from fl_planner.planning.assessment.context import ContextNote
    from fl_planner.planning.assessment.scores import Score, Scores

BODY_DOUBTS = ("body.unlikely",)  # findings on height and weight themselves
Note = Literal["not a criterion of the five trials"]
NOTE: Note = get_args(Note)[0]


class NoteRecord(RecordPart):
    """Additional assessment; if there is no value, its missing inputs."""

    value: Annotated[float | None, says("Value, in `unit`.")] = None
    shown: Annotated[
        str | None,
        says(
            "Value, with enough digits to show whether it is below, at or above each published "
            "limit."
        ),
    ] = None
    words: Annotated[str | None, says("A grade, an answer, or the text as entered.")] = None
    missing: Annotated[tuple[str, ...], says("Missing inputs.")] = ()
    unit: Annotated[str | None, says("UCUM unit; absent for ratios and text.")] = None
    plausible: Annotated[str | None, says("Permitted values.")] = None
    formula: Annotated[str, says("Method of calculation, and published limits.")]
    source: Annotated[str, says("Source publication.")]
    note: Annotated[Note, says("Fixed text.")] = NOTE

    @property
    def known(self) -> bool:
        """Whether a value or text is known."""
        return self.shown is not None or self.words is not None

    def format_note(self) -> str:
        """Format value and unit, text in brackets, and missing inputs."""
        value = None if self.shown is None else f"{self.shown} {self.unit_shown}".strip()
        words = f"({self.words})" if value and self.words else self.words
        known = " ".join(part for part in (value, words) if part) or None
        lacks = f"missing: {', '.join(self.missing)}" if self.missing else None
        return "; ".join(part for part in (known, lacks) if part)

    def format_origin(self) -> str:
        """Format method, range and source."""
        range_ = f"plausible {self.plausible} {self.unit_shown}".strip()
        parts = (self.formula, None if self.plausible is None else range_, self.source)
        return "; ".join(part for part in parts if part is not None)

    @property
    def unit_shown(self) -> str:
        """Unit as printed for readers."""
        return as_unit(self.unit or "")


def _row(name: str) -> Meta:
    return Meta(extra={"row": name})


class ContextRecord(RecordPart):
    """Additional assessment; not used by any limit, criterion, pathway or route."""

    chemotherapy: Annotated[NoteRecord | None, _row("chemotherapy")] = None
    apri: Annotated[NoteRecord | None, _row("APRI")] = None
    fib_4: Annotated[NoteRecord | None, _row("FIB-4")] = None
    spleen_volume: Annotated[NoteRecord | None, _row("spleen volume")] = None
    pdff: Annotated[NoteRecord | None, _row("PDFF")] = None
    liver_minus_spleen: Annotated[NoteRecord | None, _row("liver-minus-spleen attenuation")] = None
    icg_r15: Annotated[NoteRecord | None, _row("ICG-R15")] = None
    hvpg: Annotated[NoteRecord | None, _row("HVPG")] = None
    limax: Annotated[NoteRecord | None, _row("LiMAx")] = None
    malbi: Annotated[NoteRecord | None, _row("modified ALBI")] = None
    phlf: Annotated[NoteRecord | None, _row("liver failure after hepatectomy (ISGLS)")] = None
    fifty_fifty: Annotated[NoteRecord | None, _row("50-50 criteria")] = None
    peak_bilirubin: Annotated[NoteRecord | None, _row("peak bilirubin")] = None


def as_context(notes: Sequence[ContextNote]) -> ContextRecord | None:
    """Describe the additional assessment; None if nothing is known."""
    if not notes:
        return None
    return ContextRecord(**{note.reference.name: _as_note(note) for note in notes})


def _show(note: ContextNote) -> str | None:
    value, of = note.value, note.reference
    if value is None:
        return None
    if of.decimals is None:
        return as_entered(Fraction(value), of.limits)
    return as_number(value, of.limits, of.decimals)


def _as_note(note: ContextNote) -> NoteRecord:
    of, plausible = note.reference, note.reference.plausible
    unit = None if plausible is None else plausible.unit or None
    return NoteRecord(
        value=as_float(note.value),
        shown=_show(note),
        words=note.words,
        missing=note.missing,
        unit=unit,
        plausible=None if plausible is None else str(plausible.range),
        formula=of.formula,
        source=of.source,
    )


Meld = Annotated[int, Meta(ge=6)]


class ScoreRecord(RecordPart):
    """Score with its blood tests and missing inputs.

    `row` is the text of a value in a table, with this number of `decimals`.
    """

    known: Annotated[
        bool,
        says("Whether the score could be calculated; a score with a missing component is unknown."),
    ]
    missing: Annotated[
        tuple[str, ...],
        says(
            'Components not given or impossible; "adult_age": under 18, the formula is for adults.'
        ),
    ]
    same_day: Annotated[
        SameDay, one_of("Whether all blood tests are from the same day.", get_args(SameDay))
    ]
    labs_age_days: Annotated[
        int | None, says("Days from the blood tests to the assessment date.")
    ] = None
    labs_date: ClinicalDate = None


class AlbiRecord(ScoreRecord):
    """ALBI (Johnson 2015)."""

    albi: Annotated[float | None, says("ALBI.", row="{}", decimals=2)] = None
    grade: Annotated[
        Annotated[int, Meta(ge=1)] | None, says("Grade 1, 2 or 3.", row="grade {}")
    ] = None


class ChildPughRecord(ScoreRecord, rename={"letter": "class"}):
    """Child-Pugh, with the INR."""

    points: Annotated[
        Annotated[int, Meta(ge=5)] | None, says("Points, 5 to 15.", row="{} points")
    ] = None
    letter: Annotated[
        Literal["A", "B", "C"] | None, says("Class derived from the points.", row="class {}")
    ] = None


class MeldRecord(ScoreRecord):
    """MELD (OPTN)."""

    meld: Annotated[Meld | None, says("MELD score, 6 to 40.", row="{}")] = None
    raw: Annotated[float | None, says("Score before rounding.")] = None


class MeldNaRecord(ScoreRecord):
    """MELD-Na (OPTN 2016)."""

    meld_na: Annotated[Meld | None, says("Score, 6 to 40.", row="{}")] = None


class Meld3Record(ScoreRecord):
    """MELD 3.0 (Kim 2021)."""

    meld_3: Annotated[Meld | None, says("Score, 6 to 40.", row="{}")] = None
    raw: Annotated[float | None, says("Score before rounding.")] = None


class KidneyRecord(ScoreRecord):
    """Kidney function by three equations."""

    ckd_epi_2021_ml_per_min_per_1_73m2: Annotated[
        float | None,
        says("eGFR by CKD-EPI 2021, mL/min/1.73 m².", row="{} mL/min/1.73 m² (CKD-EPI 2021)"),
    ] = None
    mdrd_4_ml_per_min_per_1_73m2: Annotated[
        float | None, says("eGFR by MDRD-4, mL/min/1.73 m².", row="{} mL/min/1.73 m² (MDRD)")
    ] = None
    cockcroft_gault_ml_per_min: Annotated[
        float | None,
        says(
            "Creatinine clearance by Cockcroft-Gault, mL/min.",
            row="creatinine clearance {} mL/min (Cockcroft-Gault)",
        ),
    ] = None


class ScoresRecord(RecordPart):
    """Scores of liver and kidneys; a trial uses such a value only after it is confirmed."""

    albi: Annotated[AlbiRecord, _row(SCORES["albi"])]
    child_pugh: Annotated[ChildPughRecord, _row(SCORES["child_pugh"])]
    meld: Annotated[MeldRecord, _row(SCORES["meld"])]
    meld_na_optn2016: Annotated[MeldNaRecord, _row(SCORES["meld_na_optn2016"])]
    meld_3: Annotated[Meld3Record, _row(SCORES["meld_3"])]
    kidney: Annotated[KidneyRecord, _row(SCORES["kidney"])]


def as_scores(scores: Scores, as_of: date | None, *, clinical: bool) -> ScoresRecord:
    """Describe every score by its name."""
    by_name = {one.name: _as_score(one, as_of, clinical=clinical) for one in scores.every}
    return convert(by_name, ScoresRecord)


def _as_score(one: Score, as_of: date | None, *, clinical: bool) -> Mapping[str, Any]:
    return {
        "known": one.known,
        "missing": one.missing,
        "same_day": one.same_day,
        "labs_age_days": count_days(one.on, as_of),
        "labs_date": None if one.on is None or not clinical else one.on.isoformat(),
        **one.values,
    }


SquareMetres = Annotated[float, measured_in(Unit("m2", codes.M2), 0)]


class DenominatorRecord(RecordPart):
    """Total volume as a possible denominator of the remnant."""

    name: Annotated[str, says("Identifier.")]
    ml: Ml
    flr_percent: Annotated[PercentOfAnother | None, says("FLR relative to the volume `ml`")] = None
    formula: Annotated[
        str | None, says("Formula used for the estimate; absent for a measured volume.")
    ] = None
    population: Annotated[str | None, says("Population in which the formula was derived.")] = None
    bsa: Annotated[str | None, says("Body surface area formula used.")] = None
    source: Annotated[str | None, says("Source publication.")] = None


class BodyRecord(RecordPart):
    """Estimates from height and weight."""

    weight_kg: Annotated[
        float,
        measured_in(Unit("kg", codes.KG), 0),
        column("weight_kg", "weight"),
        observed(codes.BODY_WEIGHT, origin="given", doubts=BODY_DOUBTS),
    ]
    height_cm: Annotated[
        Annotated[float, measured_in(Unit("cm", codes.CM), 0)] | None,
        column("height_cm", "height"),
        observed(codes.BODY_HEIGHT, origin="given", doubts=BODY_DOUBTS),
    ] = None
    bsa_m2: Annotated[
        dict[str, SquareMetres] | None,
        says("Body surface area by each formula, m²."),
        column("bsa_m2", "body surface area (Mosteller)"),
        observed(
            codes.BODY_SURFACE_AREA,
            formula_of(BodySize.bsa_m2).method,
            origin="given",
            doubts=BODY_DOUBTS,
            of=(codes.BODY_WEIGHT.code, codes.BODY_HEIGHT.code),
            entry="mosteller",
        ),
    ] = None
    sflr_percent: Annotated[
        PercentOfAnother | None,
        says("Standardised FLR (Vauthey, by BSA)"),
        column("sflr_pct", "FLR as a share of the standard liver volume"),
        observed_as(
            "standardised-flr-percent",
            "Future liver remnant as a share of the standard liver volume",
            formula_of(compute_sflr_percent).method,
            origin="masks",
            of=("flr-volume", codes.BODY_SURFACE_AREA.code),
            number="flr",
        ),
    ] = None
    sflr_spread_percent: Annotated[
        tuple[float, float] | None, says("Minimum and maximum over all formulas, %.")
    ] = None
    flr_bw_percent: Annotated[
        PercentOfAnother | None,
        says("FLR-to-body-weight ratio"),
        column("flr_bw_pct", "FLR-to-body-weight ratio"),
        observed_as(
            "flr-body-weight-percent",
            "Future liver remnant relative to body weight, at 1 g/mL",
            formula_of(compute_flr_bw_percent).method,
            origin="masks",
            of=("flr-volume", codes.BODY_WEIGHT.code),
            number="flr",
        ),
    ] = None


class EstimateKeys(RecordKeys):
    """Estimates given if the patient's weight is known."""

    denominators: Annotated[
        tuple[DenominatorRecord, ...], says("Measured and expected liver volumes.")
    ]
    body: BodyRecord

    @property
    def standard_ml(self) -> float | None:
        """Total expected by the default formula; None if the height is not known."""
        return {one.name: one.ml for one in self.denominators}.get(DEFAULT_TLV)


def as_estimates(estimates: BodyEstimates | None) -> EstimateKeys | None:
    """Describe the estimates; None if the weight is not known."""
    if estimates is None:
        return None
    size = estimates.size
    return EstimateKeys(
        denominators=tuple(map(_as_denominator, estimates.denominators)),
        body=BodyRecord(
            weight_kg=float(estimates.weight_kg),
            height_cm=None if size is None else float(size.height_cm),
            bsa_m2=None if size is None else {name: size.bsa_m2(name) for name in BSA_FORMULAS},
            sflr_percent=estimates.sflr_percent,
            sflr_spread_percent=estimates.spread_percent,
            flr_bw_percent=as_float(estimates.flr_bw_percent),
        ),
    )


def _as_denominator(one: Denominator) -> DenominatorRecord:
    if (formula := one.formula) is None:
        return DenominatorRecord(name=one.name, ml=one.ml, flr_percent=one.flr_percent)
    return DenominatorRecord(
        name=one.name,
        ml=one.ml,
        flr_percent=one.flr_percent,
        formula=formula.text,
        population=formula.population,
        bsa=(formula.bsa or DEFAULT_BSA) if formula.needs_bsa else None,
        source=formula.source,
    )
