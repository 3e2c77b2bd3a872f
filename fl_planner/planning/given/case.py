"""The inputs of one patient's case, before anything is measured.

The inputs of scores and context are defined here, so that a case without blood tests does not load
those modules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.defaults import CLEARING_MARGIN_MM
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.standing_words import EmbolisationKind, Management
from fl_planner.basis.units import Plausible, between
from fl_planner.trials.facts.facts import FACTS, Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.function.clearance import Scintigraphy
    from fl_planner.liver.agreement.second_reader import SecondMasks
    from fl_planner.liver.anatomy import Anatomy
    from fl_planner.liver.cut_plane import CutPlane
    from fl_planner.liver.cut_surface import CutSurface
    from fl_planner.liver.earlier_scan import Baseline
    from fl_planner.liver.names.structures import TreeName
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.liver.transection import Territory, Transection, Wedges
    from fl_planner.liver.vessels.branch_cut import BranchCut
    from fl_planner.patient.liver_failure import PostoperativeDay
    from fl_planner.patient.scores import Sign
    from fl_planner.planning.given.dose_inputs import DoseGiven
    from fl_planner.planning.given.identity import Identity
    from fl_planner.space.common_grid.resample import Resampled
    from fl_planner.space.grid import Image, Place
    from fl_planner.space.mask import Mask

Drug = Literal[
    "fluoropyrimidine", "oxaliplatin", "irinotecan", "anti-VEGF", "anti-EGFR", "other"
]  # fmt: skip

WEEKS = Plausible(between("0", "520"), "wk", "possibly given in months or days")


FACT_OF_CONTEXT = {  # input key of a blood test -> its fact
    "ast": "ast_u_per_l",
    "ast_uln": "ast_x_uln",
    "alt": "alt_u_per_l",
    "platelets": "platelets_10e9_per_l",
    "albumin": "albumin_g_per_l",
    "bilirubin_total": "bilirubin_total_mg_per_dl",
}
FIBROSIS, ALBI = frozenset({"ast", "platelets"}), frozenset({"albumin", "bilirubin_total"})


class ContextFacts(Struct, frozen=True):
    """Inputs for additional assessment; None or empty if not given.

    The ranges are those of `patient/scores.py`.

    - `chemotherapy_weeks`, `chemotherapy_drugs`: chemotherapy before this scan.
    - `pdff_percent`: proton density fat fraction of the liver.
    - `icg_r15_percent`, `hvpg_mmhg`, `limax_ug_per_kg_h`: tests of reserve and of portal pressure.
    - `days`: blood tests after the hepatectomy.
    - `management`: the change of management because of posthepatectomy liver failure.
    """

    chemotherapy_weeks: Fraction | None = None
    chemotherapy_drugs: tuple[Drug, ...] = ()
    pdff_percent: Fraction | None = None
    icg_r15_percent: Fraction | None = None
    hvpg_mmhg: Fraction | None = None
    limax_ug_per_kg_h: Fraction | None = None
    days: tuple[PostoperativeDay, ...] = ()
    management: Management | None = None


def list_context_values(facts: Facts) -> dict[str, Fraction]:
    """Return the known blood tests by input key; `ast_uln` as AST divided by its upper limit."""
    known = {key: facts.get(fact) for key, fact in FACT_OF_CONTEXT.items()}
    return {key: value for key, value in known.items() if isinstance(value, Fraction)}


SameDay = Literal["yes", "no", "not said"]  # whether blood tests are from one day
FACT_OF_SCORE = {  # input key of a blood test -> the fact that a score requires
    "bilirubin_total": "bilirubin_total_mg_per_dl",
    "albumin": "albumin_g_per_l",
    "inr": "inr",
    "creatinine": "creatinine_mg_per_dl",
}


class ScoreFacts(Struct, frozen=True):
    """Inputs of scores in addition to the trials' facts; None if not given.

    - `sodium_mmol_l`, `sodium_on`: serum sodium and its date.
    - `encephalopathy` ("none", "slight", "marked" or None): grade 0, 1 to 2, 3 to 4.
    - `dialysis`: whether dialysed twice or more in the preceding week.
    - `cholestatic`: PBC or PSC, for which Child-Pugh has different bilirubin limits.
    """

    sodium_mmol_l: Fraction | None = None
    sodium_on: date | None = None
    encephalopathy: Sign | None = None
    dialysis: bool | None = None
    cholestatic: bool = False

    def __post_init__(self) -> None:
        """Refuse sodium in another unit."""
        if self.sodium_mmol_l is not None:
            from fl_planner.patient.scores import SODIUM  # loaded only to check a value

            SODIUM.check(sodium_mmol_l=self.sodium_mmol_l)


def list_blood_values(facts: Facts, more: ScoreFacts) -> dict[str, Fraction]:
    """Return the known blood tests by input key, including sodium.

    A multiple of the ULN has no range, so its value in the unit of a score may be impossible; a
    criterion compares it with its limit, but no score is computed from it [trials.md 7.1].
    """
    known = {key: facts.get(fact) for key, fact in FACT_OF_SCORE.items()}
    possible = {key: FACTS[fact].range for key, fact in FACT_OF_SCORE.items()}
    known["sodium"] = more.sodium_mmol_l
    return {
        key: value
        for key, value in known.items()
        if isinstance(value, Fraction)
        and ((plausible := possible.get(key)) is None or plausible.holds(value))
    }


@dataclasses.dataclass(frozen=True, slots=True)
class InputFile:
    """An input file: base name and hash, never a path.

    `identity`: marks of the patient and scan, if its format contains them; never included in an
    output.
    """

    role: str
    file: str
    format: str
    sha256: str
    identity: Identity | None = dataclasses.field(default=None, repr=False, compare=False)


class Operation(Struct, frozen=True):
    """A planned resection: its name, and the remnant by segments, masks, planes or wedges.

    - `remnant_segments`: segments that remain ("1" to "8", "4a", "4b"), without a mask.
    - `resected_segments`: segments that are removed, if the plan names them; `remnant_segments`
      are the others.
    - `embolised_segments`: segments whose portal branches are to be embolised beforehand.
    - `clearing_margin_mm`: margin around lesions left in the remnant when they are resected or
      ablated.
    - `flr`, `resected`: drawn for this plan only, on the anatomy's grid; at most one of them. Masks
      of the first plan are in the anatomy.
    - `cuts`: branches of the portal and hepatic veins that are divided.
    - `planes`, `surfaces`, `wedges`: resection planes, curved surfaces, and lesions removed with a
      margin. The remnant is the rest of the liver, or of `remnant_segments` if these are given.
    """

    name: str | None = None
    remnant_segments: tuple[str, ...] = ()
    resected_segments: tuple[str, ...] = ()
    embolised_segments: tuple[str, ...] = ()
    stages: Literal[1, 2] | None = None
    clearing_margin_mm: float = CLEARING_MARGIN_MM
    flr: Mask | None = None
    resected: Mask | None = None
    cuts: tuple[BranchCut, ...] = ()
    planes: tuple[CutPlane, ...] = ()
    wedges: Wedges | None = None
    surfaces: tuple[CutSurface, ...] = ()

    @property
    def transection(self) -> Transection | None:
        """Planes, surfaces and wedges of the plan together; None if there are none."""
        if not self.planes and not self.surfaces and self.wedges is None:
            return None
        from fl_planner.liver.transection import Transection  # needed by few operations

        return Transection(self.planes, self.wedges, self.clearing_margin_mm, self.surfaces)

    def __post_init__(self) -> None:
        """Refuse a remnant together with a resected part: they may contradict each other."""
        if self.flr is not None and self.resected is not None:
            reason = "both the remnant and the part to be removed are given for the same plan"
            raise InputRefused(
                "remnant.two_masks", self.resected.source, reason, "give only one of them"
            )


def role_of(plan: int, drawn: str) -> str:
    """Name the role of a mask of a plan, counted from 0; plan 0 has the roles of the case.

    Examples
    --------
    >>> role_of(0, "flr"), role_of(1, "flr")
    ('flr', 'plan 2 flr')
    """
    return drawn if plan == 0 else f"plan {plan + 1} {drawn}"


class Reading(Struct, frozen=True):
    """Reader, status of verification, phase and date of the scan on which the masks were drawn."""

    reader: str | None = None
    status: Literal["draft", "verified"] | None = None
    phase: str | None = None
    scanned_on: date | None = None


class Embolisation(Struct, frozen=True):
    """An embolisation for FLR augmentation, or a radioembolisation (Y90), and its date.

    - `next_treatment_on`: date of the next anticancer treatment, at which endpoints are censored.
    - `after_several`: whether several scans precede it; the last of them is then the baseline.
    """

    on: date
    kind: EmbolisationKind
    segments: tuple[str, ...] = ()
    next_treatment_on: date | None = None
    after_several: bool = False


class Accepted(Struct, frozen=True):
    """A finding accepted by a reader, reported with the result."""

    code: str
    by: str
    why: str


class Case(Struct, frozen=True):
    """The inputs of one patient, without masks or facts that were not given.

    - `findings`: findings from reading the files.
    - `id`, `label`: the user's pseudonym, printed as given; and one for the clinical profile only.
    - `label_map`: the scheme of a label map, and the structure of each label.
    - `stated`: facts entered, by input key.
    - `resampled`: masks from another grid, resampled on request.
    - `ct`: shown under the outlines, and used to check the position of the liver mask.
    - `second`: masks of the same remnant by another reader.
    - `baseline`: lesions of a previous scan.
    - `territory`: the treated part of the anatomy, if that was not drawn.
    - `scintigraphy`, `studied_on`: the study of liver function and its date.
    - `fasting_h`, `bilirubin_umol_per_l`: at the time of the study, also without its files.
    - `embolisation`: `growth` and the previous treatment depend on its date.
    - `score_facts`: inputs of scores in addition to the trials' facts.
    - `spleen`, `context`: shown for information only, in addition to the remnant.
    - `reading_error`: the differences between the centre's readers.
    - `height_cm`, `weight_kg`: within the range of `patient/body_size.py`.
    - `vessel_roots_mm`: given positions where blood enters the portal tree and leaves the hepatic
      one, RAS+ mm; `vessel_points_mm`: given points in each tree, for the division of one label.
    """

    anatomy: Anatomy
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...] = ()
    id: str | None = None
    label: str | None = None
    diagnosis: Diagnosis | None = None
    operations: tuple[Operation, ...] = (Operation(),)
    reading: Reading = field(default_factory=Reading)
    label_map: Mapping[str, Any] | None = None
    stated: Stated = field(default_factory=Stated)
    as_of: date | None = None
    accepted: tuple[Accepted, ...] = ()
    resampled: tuple[Resampled, ...] = ()
    ct: Image | None = None
    second: SecondMasks | None = None
    baseline: Baseline | None = None
    territory: Territory | None = None
    height_cm: Fraction | None = None
    weight_kg: Fraction | None = None
    scintigraphy: Scintigraphy | None = None
    studied_on: date | None = None
    fasting_h: Fraction | None = None
    bilirubin_umol_per_l: Fraction | None = None
    dose: DoseGiven | None = None
    embolisation: Embolisation | None = None
    score_facts: ScoreFacts = field(default_factory=ScoreFacts)
    spleen: Mask | None = None
    context: ContextFacts = field(default_factory=ContextFacts)
    reading_error: ReadingError | None = None
    vessel_roots_mm: Mapping[TreeName, Place] = field(default_factory=dict)
    vessel_points_mm: Mapping[TreeName, tuple[Place, ...]] = field(default_factory=dict)
