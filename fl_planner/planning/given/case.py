"""One patient's case: what was given, before anything is computed.

What scores and context rest on stands here, apart from them, so that a case without blood values
does not load these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis.constants import CLEARING_MARGIN_MM, Diagnosis
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.standing_words import EmbolisationKind, Management
from fl_planner.basis.units import Plausible, between
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.function.clearance import Scintigraphy
    from fl_planner.liver.agreement.second_reader import SecondMasks
    from fl_planner.liver.anatomy import Anatomy
    from fl_planner.liver.cut_plane import CutPlane
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
    from fl_planner.space.frame import Place
    from fl_planner.space.grid import Image
    from fl_planner.space.mask import Mask

Drug = Literal[
    "fluoropyrimidine", "oxaliplatin", "irinotecan", "anti-VEGF", "anti-EGFR", "other"
]  # fmt: skip

WEEKS = Plausible(between("0", "520"), "wk", "months or days were perhaps meant")


FACT_OF_CONTEXT = {  # input key of a blood value -> the fact that is taken
    "ast": "ast_u_per_l",
    "ast_uln": "ast_x_uln",
    "alt": "alt_u_per_l",
    "platelets": "platelets_10e9_per_l",
    "albumin": "albumin_g_per_l",
    "bilirubin_total": "bilirubin_total_mg_per_dl",
}
FIBROSIS, ALBI = frozenset({"ast", "platelets"}), frozenset({"albumin", "bilirubin_total"})


@dataclass(frozen=True, slots=True)
class ContextFacts:
    """What was given; None or empty: not said. Values are within those of `patient/scores.py`.

    - `chemotherapy_weeks`, `chemotherapy_drugs`: before this scan.
    - `pdff_percent`: proton density fat fraction of the liver.
    - `icg_r15_percent`, `hvpg_mmhg`, `limax_ug_per_kg_h`: tests of reserve and of portal pressure.
    - `days`: blood values after the hepatectomy.
    - `management`: what a liver failure after it changed.
    """

    chemotherapy_weeks: Fraction | None = None
    chemotherapy_drugs: tuple[Drug, ...] = ()
    pdff_percent: Fraction | None = None
    icg_r15_percent: Fraction | None = None
    hvpg_mmhg: Fraction | None = None
    limax_ug_per_kg_h: Fraction | None = None
    days: tuple[PostoperativeDay, ...] = ()
    management: Management | None = None


def find_context_values(facts: Facts) -> dict[str, Fraction]:
    """Find the blood values that are known, by input key; `ast_uln` as AST over its limit."""
    known = {key: facts.get(fact) for key, fact in FACT_OF_CONTEXT.items()}
    return {key: value for key, value in known.items() if isinstance(value, Fraction)}


SameDay = Literal["yes", "no", "not said"]  # whether blood values are of one day
FACT_OF_SCORE = {  # input key of a blood value -> the fact that a score takes
    "bilirubin_total": "bilirubin_total_mg_per_dl",
    "albumin": "albumin_g_per_l",
    "inr": "inr",
    "creatinine": "creatinine_mg_per_dl",
}


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """What scores ask for beside the trials' facts; None: not said.

    - `sodium_mmol_l`, `sodium_on`: in the blood, and when.
    - `encephalopathy` ("none", "slight", "marked" or None): grade 0, 1 to 2, 3 to 4.
    - `dialysis`: twice or more in the week before.
    - `cholestatic`: PBC or PSC: Child-Pugh cuts the bilirubin elsewhere.
    """

    sodium_mmol_l: Fraction | None = None
    sodium_on: date | None = None
    encephalopathy: Sign | None = None
    dialysis: bool | None = None
    cholestatic: bool = False

    def __post_init__(self) -> None:
        """Refuse a sodium in another unit."""
        if self.sodium_mmol_l is not None:
            from fl_planner.patient.scores import SODIUM  # loaded where a value is to be checked

            SODIUM.check(sodium_mmol_l=self.sodium_mmol_l)


def find_blood_values(facts: Facts, more: ScoreFacts) -> dict[str, Fraction]:
    """Find the blood values that are known, by input key; sodium among them."""
    known = {key: facts.get(fact) for key, fact in FACT_OF_SCORE.items()}
    known["sodium"] = more.sodium_mmol_l
    return {key: value for key, value in known.items() if isinstance(value, Fraction)}


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the result rests on: base name and hash, never a path.

    `identity` are marks of whose it is, where its format says so; they go into no output.
    """

    role: str
    file: str
    format: str
    sha256: str
    identity: Identity | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """A planned resection: its name, and what remains by segments or by a mask of its own.

    - `name`: what the case file calls it.
    - `remnant_segments`: segments that remain ("1" to "8", "4a", "4b"), where no mask says so.
    - `resected_segments`: segments that are removed, where the plan names those; `remnant_segments`
      is the rest.
    - `embolised_segments`: segments whose portal branches are to be closed before.
    - `stages`: how many operations it takes.
    - `clearing_margin_mm`: of the liver that goes with lesions left in the remnant once these are
      resected or ablated.
    - `flr`, `resected`: drawn for this plan alone, on the anatomy's grid; one of them at most. The
      first plan's stand in the anatomy instead.
    - `cuts`: branches of the portal and hepatic veins that are cut.
    - `planes`, `wedges`: planes that cut the liver, and lesions that go with a margin: the remnant
      is what all of them leave, of `remnant_segments` where these are told.
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

    @property
    def transection(self) -> Transection | None:
        """Its planes and wedges together; None without any."""
        if not self.planes and self.wedges is None:
            return None
        from fl_planner.liver.transection import Transection  # few operations have any

        return Transection(self.planes, self.wedges, self.clearing_margin_mm)

    def __post_init__(self) -> None:
        """Refuse a remnant and a resection: they may contradict each other."""
        if self.flr is not None and self.resected is not None:
            reason = "the remnant and the part to be removed were both given for one plan"
            raise InputRefused(
                "remnant.two_masks", self.resected.source, reason, "give one of them"
            )


def role_of(plan: int, drawn: str) -> str:
    """Name the role of a plan's own mask, plans counted from 0; the first's is the case's.

    Examples
    --------
    >>> role_of(0, "flr"), role_of(1, "flr")
    ('flr', 'plan 2 flr')
    """
    return drawn if plan == 0 else f"plan {plan + 1} {drawn}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Who drew the masks, how far they were checked, and on which phase of the CT."""

    reader: str | None = None
    status: Literal["draft", "verified"] | None = None
    phase: str | None = None
    scanned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Embolisation:
    """What was closed to let the remnant grow, and when; Y90 is a radioembolisation.

    `next_treatment_on`: of the next anticancer treatment, which ends what endpoints count.
    """

    on: date
    kind: EmbolisationKind
    segments: tuple[str, ...] = ()
    next_treatment_on: date | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that a reader has seen and accepted; it travels with the result."""

    code: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """What was given of one patient; a mask or a fact that was not is absent.

    `findings` are those of reading the files. `label_map` names the scheme of a label map and
    the structure of each label in it. `stated` is what was typed, by input key. `id` is the
    user's pseudonym, printed as given; `label` is for the clinical profile alone. `resampled`
    are masks that lay on another grid and were brought over because that was asked for. `ct` is
    drawn under the outlines, and asked whether the liver lies where the mask has it. `second` is
    what another reader drew of the same remnant.
    `baseline` are lesions of an earlier scan. `territory` says what of the anatomy is treated,
    where that was not drawn.
    `scintigraphy` is what shows how well the liver works, `studied_on` its day; `dose` what a
    radioembolisation's dose rests on. `embolisation` lies between the scans that `growth` compares.
    `score_facts` are what scores ask for beside the trials' facts. `spleen` and `context` are shown
    beside the remnant, and decide nothing. `reading_error` is how far the centre's readers differ.
    `height_cm` and `weight_kg` are the patient's, within the bounds of `patient/body_size.py`.
    `vessel_roots_mm` are places where blood enters the portal tree and leaves the hepatic one, RAS+
    mm, where they were told.
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
    dose: DoseGiven | None = None
    embolisation: Embolisation | None = None
    score_facts: ScoreFacts = field(default_factory=ScoreFacts)
    spleen: Mask | None = None
    context: ContextFacts = field(default_factory=ContextFacts)
    reading_error: ReadingError | None = None
    vessel_roots_mm: Mapping[TreeName, Place] = field(default_factory=dict)
