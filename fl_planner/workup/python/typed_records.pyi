"""Types of records by their keys; made by `docs/make/python_records.py`."""

from typing import Any, Literal, NotRequired, TypedDict, overload

from typing_extensions import TypeVar

from fl_planner.record.dose import DoseRecord
from fl_planner.record.files.dossier import DossierRecord
from fl_planner.record.files.validation import ValidationRecord
from fl_planner.record.function import FunctionRecord
from fl_planner.record.growth import GrowthRecord
from fl_planner.record.judgement import JudgementRecord
from fl_planner.record.over_time.worklist import CohortRecord
from fl_planner.record.over_time.worklist import ScreenRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionsRecord
from fl_planner.record.volumes import VolumeRecord
from fl_planner.workup.python.result import Result, ResultRows, Row

Default = TypeVar("Default", default=None)

class CohortCountKeysDict(TypedDict):
    cases: int
    planned: int
    refused: int
    failed: int
    held: int
    held_by_hash: int
    left_out: int

class PlannedAgainRecordDict(TypedDict):
    changed: str
    cases: int

class CaseLeftRecordDict(TypedDict):
    id: str
    number: int
    status: Literal['failed', 'refused']
    code: NotRequired[str]
    file: NotRequired[str]
    reason: str
    remedy: NotRequired[str]

class FaultRowRecordDict(TypedDict):
    row: int
    id: NotRequired[str]

class FaultRecordDict(TypedDict):
    fault: str
    remedy: str
    rows: list[FaultRowRecordDict]
    count: int
    judged: bool

class InputRecordDict(TypedDict):
    role: str
    file: str
    format: str
    sha256: str

class TreatedVolumesRecordDict(TypedDict):
    tumour_ml: float
    liver_ml: float
    tumour_outside_ml: float

class MassesRecordDict(TypedDict):
    tumour_kg: float
    treated_liver_kg: float
    lungs_kg: float
    lungs_by: Literal['default', 'given', 'ct']
    lungs_by_ct_kg: NotRequired[float]
    density_g_per_ml: float

class LungShuntRecordDict(TypedDict):
    fraction: float
    shown: str
    origin: Literal['given', 'planar', 'spect_ct']
    method: Literal['planar', 'spect_ct', 'not said']
    interval: NotRequired[list[float]]

class TumourToNormalRecordDict(TypedDict):
    ratio: float
    shown: str
    origin: Literal['given', 'planar', 'spect_ct']
    by_spect: NotRequired[float]
    range_by_shift: NotRequired[list[float]]
    registered_by: NotRequired[str]

class DosesRecordDict(TypedDict):
    tumour_gy: float
    lung_gy: NotRequired[float]
    lung_shown: NotRequired[str]
    treated_liver_gy: NotRequired[float]
    activity_in_patient_gbq: NotRequired[float]
    activity_prepared_gbq: NotRequired[float]
    activity_at_calibration_gbq: NotRequired[float]

class DoseLimitRecordDict(TypedDict):
    name: str
    of: str
    limit: float
    unit: str
    value: NotRequired[float]
    answer: NotRequired[Literal['below', 'at', 'above']]
    source: str
    decides: bool
    largest_lung_shunt: NotRequired[float]

class DoseVariationRecordDict(TypedDict):
    name: Literal['lung_mass_default', 'lung_mass_ct', 'lung_mass_less', 'lung_mass_more', 'tumour_to_normal_less', 'tumour_to_normal_more', 'one_compartment', 'density', 'shunt_of_tumour_alone']
    says: str
    value: float
    lung_gy: float
    lung_shown: str

class DeliveryRecordDict(TypedDict):
    residual_fraction: NotRequired[float]
    hours_from_calibration: NotRequired[float]
    half_life_h: float
    calibrated_at: NotRequired[str]
    administered_at: NotRequired[str]

class ComputedDoseRecordDict(TypedDict):
    usable: bool
    treated: NotRequired[TreatedVolumesRecordDict]
    masses: NotRequired[MassesRecordDict]
    lung_shunt: NotRequired[LungShuntRecordDict]
    other_lung_shunts: list[LungShuntRecordDict]
    tumour_to_normal: NotRequired[TumourToNormalRecordDict]
    at_150_gy: NotRequired[DosesRecordDict]
    at_planned_dose: NotRequired[DosesRecordDict]
    most_lung_gy: NotRequired[float]
    most_lung_shown: NotRequired[str]
    limits: list[DoseLimitRecordDict]
    variations: list[DoseVariationRecordDict]
    delivery: DeliveryRecordDict
    gy_kg_per_gbq: float

class LungDoseRecordDict(TypedDict):
    lung_dose_gy_at_150gy_tumour: NotRequired[float]
    shown: NotRequired[str]
    origin: NotRequired[Literal['given', 'computed']]
    computed: NotRequired[ComputedDoseRecordDict]

class AcceptedRecordDict(TypedDict):
    by: str
    why: str

class FindingRecordDict(TypedDict):
    code: str
    severity: Literal['info', 'warning', 'error']
    message: str
    file: str | None
    value: NotRequired[float]
    unit: NotRequired[str]
    accepted: NotRequired[AcceptedRecordDict]

class BuildRecordDict(TypedDict):
    commit: str | None
    changed: bool | None
    source: Literal['git', 'release', 'unknown']

class AcceptanceCountRecordDict(TypedDict):
    group: Literal['bundled', 'own']
    passed: int
    differs: int
    refused: int

class ComparedAnswerRecordDict(TypedDict):
    name: str
    expected: str
    tolerance: NotRequired[str]
    answer: str | None
    outcome: Literal['passed', 'differs', 'refused']

class AcceptedCaseRecordDict(TypedDict):
    id: str
    group: Literal['bundled', 'own']
    outcome: Literal['passed', 'differs', 'refused']
    compared: list[ComparedAnswerRecordDict]
    answers: dict[str, str]
    inputs: list[InputRecordDict]
    code: NotRequired[str]
    reason: NotRequired[str]
    remedy: NotRequired[str]

class BookPatientRecordDict(TypedDict):
    id: str
    facts: dict[str, list[str]]
    answers: dict[str, str]

class RuleRecordDict(TypedDict):
    id: str
    name: str
    sha256: NotRequired[str]

class EarlierDossierRecordDict(TypedDict):
    file: str
    sha256: str
    version: str
    commit: str | None
    compared: int
    not_compared: list[str]
    added: int

class AnswerChangeRecordDict(TypedDict):
    group: Literal['bundled', 'own', 'book']
    id: str
    name: str
    before: str | None
    after: str | None
    files_changed: bool

class SignatureRecordDict(TypedDict):
    role: str
    name: str
    date: str

class WithdrawnRecordDict(TypedDict):
    number: Literal['volumes', 'flr', 'untreated', 'lesions', 'segments', 'resections', 'plans', 'function', 'dose', 'growth']
    codes: list[str]
    why: str

class ClearanceRecordDict(TypedDict):
    pct_per_min: float
    pct_per_min_per_m2: NotRequired[float]
    shown: NotRequired[str]
    normalisation: str
    variant_of_whole_field_pct_per_min: float
    window_s: list[float]
    bsa_m2: NotRequired[float]
    bsa_formula: NotRequired[str]
    relative_sd_of_counts: NotRequired[float]
    interval_pct_per_min: NotRequired[list[float]]
    by_region_pct_per_min: NotRequired[list[float]]
    by_window_pct_per_min: NotRequired[list[float]]

class DecayRecordDict(TypedDict):
    of_the_file: Literal['ADMIN', 'NONE', 'START']
    corrected_here: bool
    half_life_h: NotRequired[float]

class MaskShiftRecordDict(TypedDict):
    mm: list[float]
    percent: float

class CountedSegmentRecordDict(TypedDict):
    name: str
    percent: float
    volume_percent: float
    function_to_volume: NotRequired[float]
    pct_per_min_per_m2: NotRequired[float]

class CountShareRecordDict(TypedDict):
    percent: float
    percent_shown: str
    volume_percent: NotRequired[float]
    function_to_volume: NotRequired[float]
    rule: str
    registered_by: Literal['same frame of reference', 'stated', 'transform']
    tissue_voxels: int
    flr_voxels: int
    range_by_shift_percent: list[float]
    by_shift: list[MaskShiftRecordDict]
    best_shift_mm: list[float]
    without_hot_percent: NotRequired[float]
    hot_percent: float
    segments: list[CountedSegmentRecordDict]

class ScintigraphyRecordDict(TypedDict):
    validated_locally: Literal['yes', 'no', 'not said']
    clearance: NotRequired[ClearanceRecordDict]
    decay: NotRequired[DecayRecordDict]
    heads: NotRequired[list[str]]
    share: NotRequired[CountShareRecordDict]
    flr_pct_per_min_per_m2: NotRequired[float]
    flr_shown: NotRequired[str]
    flr_range_pct_per_min_per_m2: NotRequired[list[float]]
    flr_range_shown: NotRequired[str]
    usable: bool
    fasting_hours: NotRequired[float]
    bilirubin_umol_per_l: NotRequired[float]
    to_ask: list[str]

class ClosedVeinsRecordDict(TypedDict):
    kind: Literal['ALPPS', 'HVE', 'PVE', 'PVE/HVE', 'Y90']
    segments: list[str]
    date: NotRequired[str]

class FixedDenominatorRecordDict(TypedDict):
    fixed: Literal['baseline_liver', 'baseline_nontumour']
    ml: float
    of_scan: int
    standard_ml: NotRequired[float]

class ScanFileRecordDict(TypedDict):
    role: str
    file: str
    sha256: str

class ScanRecordDict(TypedDict):
    number: int
    id: NotRequired[str]
    label: NotRequired[str]
    date: NotRequired[str]
    plan: NotRequired[str]
    days: int
    baseline: bool
    origin: Literal['drawn', 'segments']
    segments: list[str]
    reader: NotRequired[str]
    status: NotRequired[Literal['draft', 'verified']]
    phase: NotRequired[str]
    flr_ml: float
    flr_interval_ml: list[float]
    cv: float
    nontumorous_ml: float
    flr_percent_fixed: float
    flr_percent_fixed_shown: str
    flr_percent_anew: float
    flr_percent_anew_shown: str
    flr_percent_anew_interval: NotRequired[list[float]]
    function_pct_per_min_per_m2: NotRequired[float]
    volume_reached: NotRequired[bool]
    function_reached: NotRequired[bool]
    limit_reached: NotRequired[bool]
    stale: bool
    files: list[ScanFileRecordDict]

class ChangeRecordDict(TypedDict):
    from_scan: int
    to_scan: int
    days: NotRequired[int]
    gain_ml: float
    gain_interval_ml: list[float]
    relative_percent: float
    relative_interval_percent: NotRequired[list[float]]
    points: float
    points_interval: list[float]
    points_of_standard: NotRequired[float]
    points_anew: float
    anew_less_fixed_points: float
    ml_per_day: NotRequired[float]
    relative_percent_per_day: NotRequired[float]
    kgr_points_per_week: NotRequired[float]
    kgr_shown: NotRequired[str]
    kgr_interval: NotRequired[list[float]]
    kgr_below_2: NotRequired[bool]
    kgr_of_standard_points_per_week: NotRequired[float]
    kgr_of_standard_interval: NotRequired[list[float]]
    kgr_of_standard_below_2: NotRequired[bool]
    function_gain_pct_per_min_per_m2: NotRequired[float]
    one_reader: bool
    within_reading_error: bool

class StepRecordDict(TypedDict):
    from_scan: int
    to_scan: int
    days: int
    gain_ml: float
    points: float
    points_per_week: float
    ml_per_day: float
    within_reading_error: bool

class FootnoteRecordDict(TypedDict):
    says: str
    source: str

class LimitReachRecordDict(TypedDict):
    reached: NotRequired[bool]
    at_baseline: NotRequired[bool]
    first_day: NotRequired[int]
    first_day_at_latest: NotRequired[int]
    by: NotRequired[Literal['both', 'function', 'volume']]

class TargetRecordDict(TypedDict):
    lesion: NotRequired[int]
    baseline_mm: float
    followup_mm: NotRequired[float]

class MatchedRecordDict(TypedDict):
    before: int
    after: int

class ResponseRecordDict(TypedDict):
    from_scan: int
    to_scan: int
    criteria: Literal['recist_1_1']
    by: Literal['callipers', 'masks']
    targets: list[TargetRecordDict]
    baseline_sum_mm: float
    followup_sum_mm: NotRequired[float]
    nadir_sum_mm: float
    change_from_baseline_percent: NotRequired[float]
    change_from_nadir_percent: NotRequired[float]
    category: NotRequired[Literal['complete_response', 'partial_response', 'progressive_disease', 'stable_disease']]
    matched: NotRequired[list[MatchedRecordDict]]
    gone: NotRequired[list[int]]
    new: NotRequired[list[int]]
    unclear_before: NotRequired[list[int]]
    unclear_after: NotRequired[list[int]]
    same_masks: NotRequired[int]
    stated: NotRequired[str]

class ScanErrorRecordDict(TypedDict):
    scan: int
    why: str

class WithheldResponseRecordDict(TypedDict):
    from_scan: int
    to_scan: int
    by: Literal['callipers', 'masks']
    because: list[ScanErrorRecordDict]

class BestResponseRecordDict(TypedDict):
    by: Literal['callipers', 'masks']
    category: NotRequired[Literal['complete_response', 'partial_response', 'progressive_disease', 'stable_disease']]

class ScoreOnDayRecordDict(TypedDict):
    day: int
    value: float
    grade: NotRequired[int | str | None]
    change: NotRequired[float]

class ScoreChangeRecordDict(TypedDict):
    score: Literal['albi', 'child_pugh', 'ecog', 'meld']
    to_day: int
    baseline: ScoreOnDayRecordDict
    last: ScoreOnDayRecordDict
    worst: ScoreOnDayRecordDict
    grade_change: NotRequired[int]

class FunctionSideRecordDict(TypedDict):
    before: float
    last: float
    change: float
    change_percent: NotRequired[float]

class RegionalFunctionRecordDict(TypedDict):
    to_day: int
    baseline_day: int
    last_day: int
    untreated: FunctionSideRecordDict
    treated: FunctionSideRecordDict

class GrowthLimitsRecordDict(TypedDict):
    flr_percent: list[float]
    function_pct_per_min_per_m2: NotRequired[float]

class TreatedRecordDict(TypedDict):
    segments: list[str]
    with_tumour: bool
    margin_mm: float

class EmbolisationRecordDict(TypedDict):
    kind: Literal['ALPPS', 'HVE', 'PVE', 'PVE/HVE', 'Y90']
    segments: list[str]
    to_ct_days: NotRequired[int]
    date: NotRequired[str]

class PlaneRecordDict(TypedDict):
    point_mm: list[float]
    normal: list[float]

class SurfaceRecordDict(TypedDict):
    points_mm: list[list[float]]
    normal: list[float]

class WedgesRecordDict(TypedDict):
    lesions: list[int]
    margin_mm: float

class FatesRecordDict(TypedDict):
    cleared: list[int]
    cut: list[int]
    left: list[int]

class SliverRecordDict(TypedDict):
    lesion: int
    segments: list[str]
    voxels: int
    volume_ml: float

class LesionMarginRecordDict(TypedDict):
    lesion: int
    margin_mm: float

class OperationRecordDict(TypedDict):
    name: NotRequired[str]
    origin: NotRequired[Literal['drawn', 'segments']]
    mask_made: NotRequired[str]
    stages: NotRequired[Literal[1, 2]]
    differs_in_stages_from: NotRequired[list[str]]
    embolised_segments: NotRequired[list[str]]
    resected_segments: NotRequired[list[str]]
    remnant_segments: NotRequired[list[str]]
    planes: NotRequired[list[PlaneRecordDict]]
    surfaces: NotRequired[list[SurfaceRecordDict]]
    wedges: NotRequired[WedgesRecordDict]
    cut_by: NotRequired[str]
    flr_voxels: NotRequired[int]
    flr_percent: NotRequired[float]
    flr_percent_shown: NotRequired[str]
    flr_ml: NotRequired[float]
    flr_percent_of_segments: NotRequired[float]
    flr_percent_of_segments_shown: NotRequired[str]
    flr_after_clearing_percent: NotRequired[float]
    flr_after_clearing_percent_shown: NotRequired[str]
    clearing_margin_mm: NotRequired[float]
    lesions: NotRequired[FatesRecordDict]
    slivers: NotRequired[list[SliverRecordDict]]
    margin_mm: NotRequired[float]
    margins: NotRequired[list[LesionMarginRecordDict]]

class OtherOperationRecordDict(TypedDict):
    name: NotRequired[str]
    origin: NotRequired[Literal['drawn', 'segments']]
    mask_made: NotRequired[str]
    stages: NotRequired[Literal[1, 2]]
    differs_in_stages_from: NotRequired[list[str]]
    embolised_segments: NotRequired[list[str]]
    resected_segments: NotRequired[list[str]]
    remnant_segments: list[str]
    planes: NotRequired[list[PlaneRecordDict]]
    surfaces: NotRequired[list[SurfaceRecordDict]]
    wedges: NotRequired[WedgesRecordDict]
    cut_by: NotRequired[str]
    flr_voxels: NotRequired[int]
    flr_percent: NotRequired[float]
    flr_percent_shown: NotRequired[str]
    flr_ml: NotRequired[float]
    flr_percent_of_segments: NotRequired[float]
    flr_percent_of_segments_shown: NotRequired[str]
    flr_after_clearing_percent: NotRequired[float]
    flr_after_clearing_percent_shown: NotRequired[str]
    clearing_margin_mm: NotRequired[float]
    lesions: NotRequired[FatesRecordDict]
    slivers: NotRequired[list[SliverRecordDict]]
    margin_mm: NotRequired[float]
    margins: NotRequired[list[LesionMarginRecordDict]]

class ReadingRecordDict(TypedDict):
    reader: NotRequired[str]
    status: NotRequired[Literal['draft', 'verified']]
    phase: NotRequired[str]
    dated: NotRequired[bool]
    age_days: NotRequired[int]
    date: NotRequired[str]

class CaseRecordDict(TypedDict):
    id: NotRequired[str]
    label: NotRequired[str]
    diagnosis: NotRequired[Literal['crlm', 'hcc', 'other']]
    treated: NotRequired[TreatedRecordDict]
    embolisation: NotRequired[EmbolisationRecordDict]
    plan: OperationRecordDict
    other_plans: list[OtherOperationRecordDict]
    reading: ReadingRecordDict

class LiverPartsIntDict(TypedDict):
    liver: int
    tumour: NotRequired[int]
    nontumorous_liver: int
    excluded: NotRequired[int]
    impaired: NotRequired[int]
    unassigned: NotRequired[int]
    flr: NotRequired[int]
    flr_impaired: NotRequired[int]
    resected: NotRequired[int]
    untreated: NotRequired[int]

class LiverPartsFloatDict(TypedDict):
    liver: float
    tumour: NotRequired[float]
    nontumorous_liver: float
    excluded: NotRequired[float]
    impaired: NotRequired[float]
    unassigned: NotRequired[float]
    flr: NotRequired[float]
    flr_impaired: NotRequired[float]
    resected: NotRequired[float]
    untreated: NotRequired[float]

class RemnantRecordDict(TypedDict):
    origin: Literal['drawn', 'segments']
    segments: list[str]

class MaskOriginRecordDict(TypedDict):
    method: Literal['automatic', 'carried', 'manual', 'semi-automatic', 'unknown']
    engine: NotRequired[str]
    version: NotRequired[str]
    error_mm: NotRequired[float]

class MaskOriginsRecordDict(TypedDict):
    liver: MaskOriginRecordDict
    tumour: NotRequired[MaskOriginRecordDict]
    flr: NotRequired[MaskOriginRecordDict]
    resected: NotRequired[MaskOriginRecordDict]
    treated: NotRequired[MaskOriginRecordDict]
    segments: NotRequired[MaskOriginRecordDict]

class LabelMapRecordDict(TypedDict):
    file: str
    labels: dict[str, str]
    scheme: NotRequired[str]
    source: NotRequired[str]

class ExcludedRecordDict(TypedDict):
    name: str
    volume_ml: float
    in_liver_ml: float
    counted: Literal['outside', 'not_working', 'liver']

class ResampledRecordDict(TypedDict):
    name: str
    file: str
    before_ml: float
    after_ml: float
    cut_off_ml: float
    error_ml: float

class CentreErrorRecordDict(TypedDict):
    cv: float
    cases: int
    df: int
    relative_sd: float
    source: str

class SpreadRecordDict(TypedDict):
    remnant: float
    liver: float
    rho: float
    carried: NotRequired[float]
    readers_sd: float
    geometry_sd: float
    second_reader_sd: NotRequired[float]
    centre: NotRequired[CentreErrorRecordDict]
    contour_widening: NotRequired[float]
    registration_sd: NotRequired[float]
    decided_by: Literal['centre', 'geometry', 'readers', 'second_reader']
    relative_sd: float
    source: str

class AgreementRecordDict(TypedDict):
    name: str
    first_ml: float
    second_ml: float
    dice: NotRequired[float]
    mean_surface_mm: NotRequired[float]
    surface_95_mm: NotRequired[float]

class SecondReaderRecordDict(TypedDict):
    numerator_voxels: int
    denominator_voxels: int
    percent: float
    percent_shown: str
    difference_points: float
    sd_points: float
    structures: list[AgreementRecordDict]

class FlrRatioRecordDict(TypedDict):
    numerator_voxels: int
    denominator_voxels: int
    denominator: Literal['measured_nontumour', 'measured_liver']
    interval_percent: list[float]
    cv: SpreadRecordDict
    second_reader: NotRequired[SecondReaderRecordDict]

class OtherRatioRecordDict(TypedDict):
    numerator_voxels: int
    denominator_voxels: int
    denominator: Literal['measured_nontumour', 'measured_liver']
    interval_percent: list[float]
    cv: SpreadRecordDict

class RatiosRecordDict(TypedDict):
    flr: NotRequired[FlrRatioRecordDict]
    flr_after_clearing: NotRequired[OtherRatioRecordDict]
    untreated: NotRequired[OtherRatioRecordDict]

class ClearingRecordDict(TypedDict):
    lesions_in_remnant: list[int]
    lesions_in_remnant_count: int
    lesions_in_remnant_ml: float
    margin_mm: NotRequired[float]
    flr_after_clearing_voxels: NotRequired[int]
    flr_after_clearing_ml: NotRequired[float]
    flr_after_clearing_percent: NotRequired[float]
    flr_after_clearing_percent_shown: NotRequired[str]
    flr_after_clearing_1mm_percent: NotRequired[float]
    flr_after_clearing_1mm_percent_shown: NotRequired[str]

class EmbolisedRecordDict(TypedDict):
    kind: NotRequired[Literal['PVE', 'HVE', 'PVE/HVE', 'ALPPS', 'Y90']]
    day: NotRequired[int]
    age_days: NotRequired[int]
    flr_of_baseline_percent: NotRequired[float]
    flr_of_baseline_percent_shown: NotRequired[str]

class GrowthNeededRecordDict(TypedDict):
    total_held: float
    rest_held: float

class ThresholdRecordDict(TypedDict):
    name: str
    answer: Literal['below', 'at', 'above']
    crossing_chance: float
    limit_percent: float
    distance_ml: float
    margin_voxels: float
    growth_needed_ml: NotRequired[GrowthNeededRecordDict]
    borderline: bool
    inside_interval: bool
    source: str
    applies: NotRequired[bool]

class NearPartRecordDict(TypedDict):
    within_mm: float
    length_mm: float
    area_mm2: float

class VesselContactRecordDict(TypedDict):
    vessel: str
    least_mm: float
    near: NotRequired[list[NearPartRecordDict]]

class LesionSegmentRecordDict(TypedDict):
    name: str
    volume_ml: float
    percent: float

class LesionRecordDict(TypedDict):
    number: int
    voxels: int
    volume_ml: float
    axial_diameter_mm: float
    axial_centre_mm: float
    longest_diameter_mm: float
    longest_centre_mm: float
    sphere_diameter_mm: float
    surface_mm: NotRequired[float]
    vessels_mm: NotRequired[dict[str, float]]
    vessel_contacts: NotRequired[list[VesselContactRecordDict]]
    segments: NotRequired[list[LesionSegmentRecordDict]]
    in_no_segment_ml: NotRequired[float]
    clears_with: NotRequired[list[str]]
    bilobar: NotRequired[bool]

class DefinitionRecordDict(TypedDict):
    connectivity: Literal[6, 18, 26]
    least_ml: float
    count: int
    largest_axial_cm: NotRequired[float]

class LesionSummaryRecordDict(TypedDict):
    count: int
    count_by_faces: int
    connectivity: Literal[26]
    origin: Literal['components', 'labels']
    least_ml: float
    dropped: int
    diameter: str
    largest_axial_cm: NotRequired[float]
    bilobar: NotRequired[bool]
    by_definition: NotRequired[list[DefinitionRecordDict]]

class BaselineLesionRecordDict(TypedDict):
    number: int
    centre_mm: list[float]
    volume_ml: NotRequired[float]
    seen_now: bool
    seen_as: list[int]
    clears_with: list[str]
    in_remnant: NotRequired[bool]

class SegmentRecordDict(TypedDict):
    name: str
    voxels: int
    volume_ml: float
    nontumorous_ml: float
    nontumorous_percent: float
    flr_ml: NotRequired[float]

class LimitSideRecordDict(TypedDict):
    name: str
    answer: Literal['below', 'at', 'above']
    crossing_chance: float

class ClearedRemnantRecordDict(TypedDict):
    margin_mm: float
    flr_voxels: int
    flr_percent: float
    flr_percent_shown: str

class ResectionRecordDict(TypedDict):
    code: str
    name: NotRequired[str]
    removed: list[str]
    kept: list[str]
    flr_voxels: int
    flr_percent: float
    flr_percent_shown: str
    flr_ml: float
    thresholds: list[LimitSideRecordDict]
    lesions: NotRequired[FatesRecordDict]
    slivers: NotRequired[list[SliverRecordDict]]
    margin_mm: NotRequired[float]
    flr_after_clearing: NotRequired[list[ClearedRemnantRecordDict]]
    flr_inflow_lost_ml: NotRequired[float]
    flr_outflow_lost_ml: NotRequired[float]
    flr_supplied_ml: NotRequired[float]
    flr_supplied_percent: NotRequired[float]
    flr_supplied_percent_shown: NotRequired[str]
    flr_supplied_by: NotRequired[list[Literal['hepatic', 'portal']]]
    sflr_percent: NotRequired[float]
    flr_bw_percent: NotRequired[float]
    function_pct_per_min_per_m2: NotRequired[float]
    function_shown: NotRequired[str]
    baseline_left: NotRequired[list[int]]
    not_assessed: str
    shown: bool
    always: bool

class DiscussedResectionRecordDict(TypedDict):
    code: str
    name: str
    flr_percent: float
    flr_percent_shown: str
    flr_after_clearing_percent: float
    flr_after_clearing_percent_shown: str
    lesions_left: int
    lesions: FatesRecordDict
    largest_left_cm: float | None

class DiscussedResectionsRecordDict(TypedDict):
    margin_mm: float
    leaves_no_lesion: DiscussedResectionRecordDict | None
    with_local_treatment: DiscussedResectionRecordDict | None

class DenominatorRecordDict(TypedDict):
    name: str
    ml: float
    flr_percent: NotRequired[float]
    formula: NotRequired[str]
    population: NotRequired[str]
    bsa: NotRequired[str]
    source: NotRequired[str]

class BodyRecordDict(TypedDict):
    weight_kg: float
    height_cm: NotRequired[float]
    bsa_m2: NotRequired[dict[str, float]]
    sflr_percent: NotRequired[float]
    sflr_spread_percent: NotRequired[list[float]]
    flr_bw_percent: NotRequired[float]

class DrawnVesselRecordDict(TypedDict):
    vessel: str
    volume_ml: float

class TreeRecordDict(TypedDict):
    tree: Literal['portal', 'hepatic']
    vessels: list[str]
    volume_ml: float
    pieces: NotRequired[int]
    bridged_ml: NotRequired[float]
    lost_ml: NotRequired[float]
    reach_mm: float
    reached_percent: NotRequired[float]
    roots_mm: NotRequired[list[list[float]]]
    points_mm: NotRequired[list[list[float]]]
    root_told: NotRequired[bool]
    refused: NotRequired[str]

class LiverRangeRecordDict(TypedDict):
    voxels: NotRequired[int]
    volume_ml: NotRequired[float]
    low_ml: float
    high_ml: float

class SegmentPartRecordDict(TypedDict):
    name: str
    volume_ml: float

class MapAgreementRecordDict(TypedDict):
    segments: list[str]
    segments_ml: float
    shared_ml: float
    beside_ml: float
    dice: float

class TerritoryRecordDict(TypedDict):
    tree: Literal['portal', 'hepatic']
    vessel: str
    territory: LiverRangeRecordDict
    by_segment: NotRequired[list[SegmentPartRecordDict]]
    agreement: NotRequired[MapAgreementRecordDict]

class SuppliedLimitRecordDict(TypedDict):
    name: str
    limit_percent: float
    answer: Literal['below', 'at', 'above', 'uncertain']

class CutRecordDict(TypedDict):
    number: int
    tree: Literal['portal', 'hepatic']
    at_mm: NotRequired[list[float]]
    branch: NotRequired[str]
    snapped_mm: float
    lost: LiverRangeRecordDict
    course_ml: NotRequired[float]
    other_ml: float
    doubtful: bool

class VeinRecordDict(TypedDict):
    vessel: str
    in_liver_ml: float
    removed_ml: float
    drained_ml: NotRequired[float]
    drained_percent: NotRequired[float]
    must_stay: NotRequired[bool]
    fate: NotRequired[Literal['stays', 'within_margin', 'cut']]
    lesion: NotRequired[int]
    lesion_mm: NotRequired[float]
    touches: NotRequired[bool]
    margin_mm: float

class PlannedVesselsRecordDict(TypedDict):
    plan: int
    name: NotRequired[str]
    cuts: NotRequired[list[CutRecordDict]]
    inflow_lost: NotRequired[LiverRangeRecordDict]
    outflow_lost: NotRequired[LiverRangeRecordDict]
    flr_inflow_lost: NotRequired[LiverRangeRecordDict]
    flr_outflow_lost: NotRequired[LiverRangeRecordDict]
    flr_either_lost: NotRequired[LiverRangeRecordDict]
    flr_supplied_voxels: NotRequired[int]
    flr_supplied_ml: NotRequired[float]
    flr_supplied_low_ml: NotRequired[float]
    flr_supplied_high_ml: NotRequired[float]
    flr_supplied_percent: NotRequired[float]
    flr_supplied_percent_shown: NotRequired[str]
    flr_supplied_low_percent: NotRequired[float]
    flr_supplied_high_percent: NotRequired[float]
    flr_supplied_uncertain: NotRequired[bool]
    flr_supplied_of_voxels: NotRequired[int]
    flr_supplied_by: NotRequired[list[Literal['hepatic', 'portal']]]
    flr_supplied_limits: NotRequired[list[SuppliedLimitRecordDict]]
    cut_contacts: NotRequired[list[VesselContactRecordDict]]
    veins: NotRequired[list[VeinRecordDict]]

class VesselsRecordDict(TypedDict):
    rests_on: str
    drawn: list[DrawnVesselRecordDict]
    trees: NotRequired[list[TreeRecordDict]]
    territories: NotRequired[list[TerritoryRecordDict]]
    flr_supplied_voxels: NotRequired[int]
    flr_supplied_ml: NotRequired[float]
    flr_supplied_low_ml: NotRequired[float]
    flr_supplied_high_ml: NotRequired[float]
    flr_supplied_percent: NotRequired[float]
    flr_supplied_percent_shown: NotRequired[str]
    flr_supplied_low_percent: NotRequired[float]
    flr_supplied_high_percent: NotRequired[float]
    flr_supplied_uncertain: NotRequired[bool]
    flr_supplied_of_voxels: NotRequired[int]
    flr_supplied_by: NotRequired[list[Literal['hepatic', 'portal']]]
    flr_supplied_limits: NotRequired[list[SuppliedLimitRecordDict]]
    plans: list[PlannedVesselsRecordDict]

class RemnantFunctionRecordDict(TypedDict):
    flr_function_pct_per_min_per_m2: NotRequired[float]
    flr_function_normalisation: NotRequired[Literal['extrahepatic', 'total_field']]
    shown: NotRequired[str]
    origin: NotRequired[Literal['given', 'measured']]
    measured: NotRequired[ScintigraphyRecordDict]
    ct_to_scintigraphy_days: NotRequired[int]

class AlbiRecordDict(TypedDict):
    known: bool
    missing: list[str]
    same_day: Literal['no', 'not said', 'yes']
    labs_age_days: NotRequired[int]
    labs_date: NotRequired[str]
    albi: NotRequired[float]
    grade: NotRequired[int]

ChildPughRecordDict = TypedDict("ChildPughRecordDict", {"known": bool, "missing": list[str], "same_day": Literal['no', 'not said', 'yes'], "labs_age_days": NotRequired[int], "labs_date": NotRequired[str], "points": NotRequired[int], "class": NotRequired[Literal['A', 'B', 'C']]})

class MeldRecordDict(TypedDict):
    known: bool
    missing: list[str]
    same_day: Literal['no', 'not said', 'yes']
    labs_age_days: NotRequired[int]
    labs_date: NotRequired[str]
    meld: NotRequired[int]
    raw: NotRequired[float]

class MeldNaRecordDict(TypedDict):
    known: bool
    missing: list[str]
    same_day: Literal['no', 'not said', 'yes']
    labs_age_days: NotRequired[int]
    labs_date: NotRequired[str]
    meld_na: NotRequired[int]

class Meld3RecordDict(TypedDict):
    known: bool
    missing: list[str]
    same_day: Literal['no', 'not said', 'yes']
    labs_age_days: NotRequired[int]
    labs_date: NotRequired[str]
    meld_3: NotRequired[int]
    raw: NotRequired[float]

class KidneyRecordDict(TypedDict):
    known: bool
    missing: list[str]
    same_day: Literal['no', 'not said', 'yes']
    labs_age_days: NotRequired[int]
    labs_date: NotRequired[str]
    ckd_epi_2021_ml_per_min_per_1_73m2: NotRequired[float]
    mdrd_4_ml_per_min_per_1_73m2: NotRequired[float]
    cockcroft_gault_ml_per_min: NotRequired[float]

class ScoresRecordDict(TypedDict):
    albi: AlbiRecordDict
    child_pugh: ChildPughRecordDict
    meld: MeldRecordDict
    meld_na_optn2016: MeldNaRecordDict
    meld_3: Meld3RecordDict
    kidney: KidneyRecordDict

class NoteRecordDict(TypedDict):
    value: NotRequired[float]
    shown: NotRequired[str]
    words: NotRequired[str]
    missing: NotRequired[list[str]]
    unit: NotRequired[str]
    plausible: NotRequired[str]
    formula: str
    source: str
    note: Literal['not a criterion of the five trials']

class ContextRecordDict(TypedDict):
    chemotherapy: NotRequired[NoteRecordDict]
    apri: NotRequired[NoteRecordDict]
    fib_4: NotRequired[NoteRecordDict]
    spleen_volume: NotRequired[NoteRecordDict]
    pdff: NotRequired[NoteRecordDict]
    liver_minus_spleen: NotRequired[NoteRecordDict]
    icg_r15: NotRequired[NoteRecordDict]
    hvpg: NotRequired[NoteRecordDict]
    limax: NotRequired[NoteRecordDict]
    malbi: NotRequired[NoteRecordDict]
    phlf: NotRequired[NoteRecordDict]
    fifty_fifty: NotRequired[NoteRecordDict]
    peak_bilirubin: NotRequired[NoteRecordDict]

class PlanGrowthRecordDict(TypedDict):
    embolisation: NotRequired[ClosedVeinsRecordDict]
    denominator: FixedDenominatorRecordDict
    time_points: list[ScanRecordDict]
    growth: list[ChangeRecordDict]
    between_scans: list[StepRecordDict]
    footnotes: list[FootnoteRecordDict]
    limit_reach: NotRequired[LimitReachRecordDict]
    responses: NotRequired[list[ResponseRecordDict]]
    withheld_responses: NotRequired[list[WithheldResponseRecordDict]]
    best_responses: NotRequired[list[BestResponseRecordDict]]
    censor_day: NotRequired[int]
    score_changes: NotRequired[list[ScoreChangeRecordDict]]
    regional_function: NotRequired[RegionalFunctionRecordDict]
    limits: NotRequired[GrowthLimitsRecordDict]

class TypedLimitRecordDict(TypedDict):
    name: str
    answer: Literal['below', 'at', 'above']
    limit_percent: float
    near: bool
    distance: str
    source: str
    applies: NotRequired[bool]

class TypedFlrRecordDict(TypedDict):
    percent: float
    shown: str
    limits: list[TypedLimitRecordDict]

class TypedUntreatedRecordDict(TypedDict):
    percent: float
    shown: str
    limits: list[TypedLimitRecordDict]

class FailingRecordDict(TypedDict):
    fact: str
    value: bool | float | str | list[str]
    changes: Literal['can_change', 'on_date', 'permanent']

class CriterionPartRecordDict(TypedDict):
    answer: Literal['met', 'not_met', 'unknown']
    evidence: str
    distance: NotRequired[str]
    open_facts: list[str]
    name: str
    by: list[Literal['facts', 'human', 'imaging']]

class CriterionAnswerRecordDict(TypedDict):
    answer: Literal['met', 'not_met', 'unknown']
    evidence: str
    distance: NotRequired[str]
    open_facts: list[str]
    id: str
    kind: Literal['inclusion', 'exclusion']
    says: str
    source: str
    by: list[Literal['facts', 'human', 'imaging']]
    asked_of: Literal['chart', 'investigator', 'patient', 'radiologist', 'tumour board']
    reading: NotRequired[str]
    note: NotRequired[str]
    crossing_chance: NotRequired[float]
    changes: Literal['can_change', 'on_date', 'permanent']
    against: NotRequired[list[FailingRecordDict]]
    in_the_way: NotRequired[str]
    human_open: bool
    holds_days: NotRequired[float]
    parts: NotRequired[list[CriterionPartRecordDict]]

class TrialAnswerRecordDict(TypedDict):
    id: str
    name: str
    source: str
    notes: list[str]
    reach: NotRequired[Literal['closed', 'open', 'referral']]
    verdict: Literal['eligible', 'not_eligible', 'indeterminate']
    shown: Literal['for another diagnosis', 'potentially eligible', 'not eligible', 'undecided', 'meets all criteria']
    by_design: NotRequired[str]
    applies: bool
    only_human_open: bool
    failed: list[str]
    unknown: list[str]
    reasons: NotRequired[list[str]]
    criteria: list[CriterionAnswerRecordDict]

class PathwayRecordDict(TypedDict):
    name: Literal['not_answered', 'volumes_contradict', 'no_tumour', 'two_cancers', 'no_threshold_applies', 'diagnosis_needed', 'radioembolisation_rescue', 'radioembolisation_rescue_lung_dose_open', 'tumour_needed', 'flr_needed', 'function_below_limit', 'depends_on_clearing', 'no_growth_needed_with_clearing', 'limit_reached_after_embolisation', 'no_growth_needed', 'limit_reached_by_function_after_embolisation', 'depends_on_chemo_damage', 'depends_on_liver_disease', 'limit_not_reached_after_embolisation', 'pve', 'pve_or_pve_hve', 'growth_needed_outside_five']
    row: Literal['V0', 'V1', 'V1a', 'V2', 'V3', 'V4', 'V5', 'V6', 'V6a', 'V7', 'V8', 'V8a', 'V8b', 'V8c', 'V9', 'V9a', 'V10', 'V11', 'V11a', 'V12', 'V13', 'V14']
    headline: str
    reasons: list[str]
    would_change: list[str]
    to_ask: list[str]
    borderline: bool

class AlternativeRecordDict(TypedDict):
    name: str
    reach: Literal['closed', 'open', 'referral']
    says: str
    why: str

class SettledRecordDict(TypedDict):
    trial: str
    criterion: str

class ComputedRecordDict(TypedDict):
    value: float | str
    says: str

class QuestionRecordDict(TypedDict):
    key: NotRequired[str]
    asked_of: Literal['chart', 'investigator', 'patient', 'radiologist', 'tumour board']
    trials: int
    criteria: list[SettledRecordDict]
    computed: NotRequired[ComputedRecordDict]

class RouteRecordDict(TypedDict):
    name: str
    row: str
    headline: str
    reasons: list[str]
    alternatives: list[AlternativeRecordDict]
    next_steps: list[str]
    pending: list[str]
    questions: list[QuestionRecordDict]
    centre: NotRequired[str]

class ListedFileRecordDict(TypedDict):
    role: str
    file: NotRequired[str]
    format: str
    sha256: str

class MeasuredPartsRecordDict(TypedDict):
    liver: float
    tumour: NotRequired[float]
    nontumorous_liver: float
    flr: NotRequired[float]

class DeadlineRecordDict(TypedDict):
    trial: str
    criterion: str
    says: str
    days: NotRequired[float]

class NextQuestionRecordDict(TypedDict):
    key: NotRequired[str]
    asked_of: Literal['chart', 'investigator', 'patient', 'radiologist', 'tumour board']
    trials: int

class OfferedRecordDict(TypedDict):
    value: float | str
    says: str
    key: str

class DoubtRecordDict(TypedDict):
    code: str
    severity: Literal['warning', 'error']
    message: str

class LastOutcomeRecordDict(TypedDict):
    became: Literal['approached', 'declined', 'consented', 'screen_failure', 'randomised', 'treated', 'resected', 'withdrawn']
    criterion: NotRequired[str]
    arm: NotRequired[str]

class FactSourceRecordDict(TypedDict):
    key: str
    resource: str
    place: int
    age_days: NotRequired[int]
    id: NotRequired[str]
    date: NotRequired[str]

class ScreenedRecordDict(TypedDict):
    row: int
    id: NotRequired[str]
    file: NotRequired[str]
    volumes_ml: NotRequired[MeasuredPartsRecordDict]
    flr_percent: NotRequired[float]
    flr_percent_shown: NotRequired[str]
    denominator: NotRequired[Literal['measured_nontumour', 'measured_liver']]
    flr_typed_percent: NotRequired[float]
    urgency: Literal['window', 'dated', 'window_possible', 'open', 'nothing']
    deadline: NotRequired[DeadlineRecordDict]
    deadlines: list[DeadlineRecordDict]
    verdicts: dict[str, Literal['eligible', 'not_eligible', 'indeterminate']]
    verdicts_shown: dict[str, Literal['for another diagnosis', 'potentially eligible', 'not eligible', 'undecided', 'meets all criteria']]
    only_human_open: list[str]
    possible: list[str]
    route: str
    route_row: str
    next_question: NotRequired[NextQuestionRecordDict]
    questions: int
    computed: NotRequired[list[OfferedRecordDict]]
    findings: list[str]
    doubts: list[DoubtRecordDict]
    outcomes: NotRequired[dict[str, LastOutcomeRecordDict]]
    sources: NotRequired[list[FactSourceRecordDict]]

class NotReadRecordDict(TypedDict):
    row: int
    id: NotRequired[str]
    file: NotRequired[str]
    code: str
    reason: str
    remedy: str

class SelectionRecordDict(TypedDict):
    trial: NotRequired[str]
    only: NotRequired[Literal['eligible', 'not_eligible', 'indeterminate']]
    sort: Literal['need', 'deadline', 'row', 'id']
    top: NotRequired[int]
    told: int
    left_out: int

class CriterionCountRecordDict(TypedDict):
    criterion: str
    patients: int

class DesignCountRecordDict(TypedDict):
    reason: str
    says: str
    patients: int

class TrialCountsRecordDict(TypedDict):
    trial: str
    assessed: int
    not_eligible: int
    kept_out_by: list[CriterionCountRecordDict]
    kept_out_by_design: NotRequired[list[DesignCountRecordDict]]
    open: int
    eligible: int
    approached: int
    declined: int
    consented: int
    screen_failures: int
    failed_on: list[CriterionCountRecordDict]
    randomised: int
    treated: int
    resected: int
    withdrawn: int

class ConsortRecordDict(TypedDict):
    listed: int
    not_read: int
    assessed: int
    trials: list[TrialCountsRecordDict]

class UnmappedCodeRecordDict(TypedDict):
    resource: str
    system: NotRequired[str]
    code: NotRequired[str]
    count: int

class SetCountsRecordDict(TypedDict):
    liver: int
    remnant: int
    hepatic: int
    portal: int
    tumour: int

class ValidatedPatientRecordDict(TypedDict):
    id: str
    status: Literal['planned', 'refused', 'failed', 'absent', 'counts']
    published: NotRequired[SetCountsRecordDict]
    counted: NotRequired[SetCountsRecordDict]
    different: NotRequired[list[str]]
    flr_of_liver_percent: NotRequired[float]
    flr_of_liver_percent_shown: NotRequired[str]
    flr_of_nontumorous_liver_percent: NotRequired[float]
    flr_of_nontumorous_liver_percent_shown: NotRequired[str]
    exceeds_liver: bool
    flr_percent: NotRequired[float]
    flr_percent_shown: NotRequired[str]
    limits_within_interval: list[float]
    code: NotRequired[str]
    reason: NotRequired[str]
    remedy: NotRequired[str]

class SetLimitRecordDict(TypedDict):
    limit_percent: float
    below_of_liver: int
    below_of_nontumorous_liver: int
    below_measured: NotRequired[int]
    side_changed_by_denominator: list[str]
    within_interval: list[str]

class KeyedCohort(Result[CohortRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/cohort/1']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["counts"]) -> CohortCountKeysDict: ...
    @overload
    def __getitem__(self, key: Literal["planned_again"]) -> list[PlannedAgainRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["without_plan"]) -> list[CaseLeftRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["faults"]) -> list[FaultRecordDict] | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/cohort/1']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["counts"], default: object = None) -> CohortCountKeysDict: ...
    @overload
    def get(self, key: Literal["planned_again"], default: object = None) -> list[PlannedAgainRecordDict]: ...
    @overload
    def get(self, key: Literal["without_plan"], default: object = None) -> list[CaseLeftRecordDict]: ...
    @overload
    def get(self, key: Literal["faults"], default: Default = ...) -> list[FaultRecordDict] | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["planned_again"]) -> ResultRows[PlannedAgainRecordDict]: ...
    @overload
    def rows(self, key: Literal["without_plan"]) -> ResultRows[CaseLeftRecordDict]: ...
    @overload
    def rows(self, key: Literal["faults"]) -> ResultRows[FaultRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...

class KeyedDose(Result[DoseRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/dose/1']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["id"]) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["dose"]) -> LungDoseRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/dose/1']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["dose"], default: object = None) -> LungDoseRecordDict: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["id"], default: Default = ...) -> str | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedDossier(Result[DossierRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/dossier/1']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["build"]) -> BuildRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["as_of"]) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["outcome"]) -> Literal['passed', 'differs', 'refused']: ...
    @overload
    def __getitem__(self, key: Literal["counts"]) -> list[AcceptanceCountRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["own_required", "own_different"]) -> int: ...
    @overload
    def __getitem__(self, key: Literal["enough_own"]) -> bool: ...
    @overload
    def __getitem__(self, key: Literal["reservations", "schemas"]) -> list[str]: ...
    @overload
    def __getitem__(self, key: Literal["cases"]) -> list[AcceptedCaseRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["book"]) -> list[BookPatientRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["rules"]) -> list[RuleRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["earlier"]) -> EarlierDossierRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["changes"]) -> list[AnswerChangeRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["signatures"]) -> list[SignatureRecordDict]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/dossier/1']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["build"], default: object = None) -> BuildRecordDict: ...
    @overload
    def get(self, key: Literal["as_of"], default: object = None) -> str | None: ...
    @overload
    def get(self, key: Literal["outcome"], default: object = None) -> Literal['passed', 'differs', 'refused']: ...
    @overload
    def get(self, key: Literal["counts"], default: object = None) -> list[AcceptanceCountRecordDict]: ...
    @overload
    def get(self, key: Literal["own_required", "own_different"], default: object = None) -> int: ...
    @overload
    def get(self, key: Literal["enough_own"], default: object = None) -> bool: ...
    @overload
    def get(self, key: Literal["reservations", "schemas"], default: object = None) -> list[str]: ...
    @overload
    def get(self, key: Literal["cases"], default: object = None) -> list[AcceptedCaseRecordDict]: ...
    @overload
    def get(self, key: Literal["book"], default: object = None) -> list[BookPatientRecordDict]: ...
    @overload
    def get(self, key: Literal["rules"], default: object = None) -> list[RuleRecordDict]: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["earlier"], default: object = None) -> EarlierDossierRecordDict | None: ...
    @overload
    def get(self, key: Literal["changes"], default: object = None) -> list[AnswerChangeRecordDict]: ...
    @overload
    def get(self, key: Literal["signatures"], default: object = None) -> list[SignatureRecordDict]: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["counts"]) -> ResultRows[AcceptanceCountRecordDict]: ...
    @overload
    def rows(self, key: Literal["cases"]) -> ResultRows[AcceptedCaseRecordDict]: ...
    @overload
    def rows(self, key: Literal["book"]) -> ResultRows[BookPatientRecordDict]: ...
    @overload
    def rows(self, key: Literal["rules"]) -> ResultRows[RuleRecordDict]: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["changes"]) -> ResultRows[AnswerChangeRecordDict]: ...
    @overload
    def rows(self, key: Literal["signatures"]) -> ResultRows[SignatureRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...

class KeyedFunction(Result[FunctionRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/function/1']: ...
    @overload
    def __getitem__(self, key: Literal["version", "limit_shown"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["withdrawn"]) -> list[WithdrawnRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["function"]) -> ScintigraphyRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["adequate"]) -> bool | None: ...
    @overload
    def __getitem__(self, key: Literal["limit_pct_per_min_per_m2"]) -> float: ...
    @overload
    def __getitem__(self, key: Literal["ct_to_scintigraphy_days"]) -> int | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/function/1']: ...
    @overload
    def get(self, key: Literal["version", "limit_shown"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["function"], default: object = None) -> ScintigraphyRecordDict: ...
    @overload
    def get(self, key: Literal["limit_pct_per_min_per_m2"], default: object = None) -> float: ...
    @overload
    def get(self, key: Literal["withdrawn"], default: Default = ...) -> list[WithdrawnRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["adequate"], default: Default = ...) -> bool | Default: ...
    @overload
    def get(self, key: Literal["ct_to_scintigraphy_days"], default: Default = ...) -> int | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["withdrawn"]) -> ResultRows[WithdrawnRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedGrowth(Result[GrowthRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/growth/1']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["withdrawn"]) -> list[WithdrawnRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["embolisation"]) -> ClosedVeinsRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["denominator"]) -> FixedDenominatorRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["time_points"]) -> list[ScanRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["growth"]) -> list[ChangeRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["between_scans"]) -> list[StepRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["footnotes"]) -> list[FootnoteRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["limit_reach"]) -> LimitReachRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["responses"]) -> list[ResponseRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["withheld_responses"]) -> list[WithheldResponseRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["best_responses"]) -> list[BestResponseRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["censor_day"]) -> int | None: ...
    @overload
    def __getitem__(self, key: Literal["score_changes"]) -> list[ScoreChangeRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["regional_function"]) -> RegionalFunctionRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["limits"]) -> GrowthLimitsRecordDict | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/growth/1']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["denominator"], default: object = None) -> FixedDenominatorRecordDict: ...
    @overload
    def get(self, key: Literal["time_points"], default: object = None) -> list[ScanRecordDict]: ...
    @overload
    def get(self, key: Literal["growth"], default: object = None) -> list[ChangeRecordDict]: ...
    @overload
    def get(self, key: Literal["between_scans"], default: object = None) -> list[StepRecordDict]: ...
    @overload
    def get(self, key: Literal["footnotes"], default: object = None) -> list[FootnoteRecordDict]: ...
    @overload
    def get(self, key: Literal["withdrawn"], default: Default = ...) -> list[WithdrawnRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["embolisation"], default: Default = ...) -> ClosedVeinsRecordDict | Default: ...
    @overload
    def get(self, key: Literal["limit_reach"], default: Default = ...) -> LimitReachRecordDict | Default: ...
    @overload
    def get(self, key: Literal["responses"], default: Default = ...) -> list[ResponseRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["withheld_responses"], default: Default = ...) -> list[WithheldResponseRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["best_responses"], default: Default = ...) -> list[BestResponseRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["censor_day"], default: Default = ...) -> int | Default: ...
    @overload
    def get(self, key: Literal["score_changes"], default: Default = ...) -> list[ScoreChangeRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["regional_function"], default: Default = ...) -> RegionalFunctionRecordDict | Default: ...
    @overload
    def get(self, key: Literal["limits"], default: Default = ...) -> GrowthLimitsRecordDict | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["withdrawn"]) -> ResultRows[WithdrawnRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: Literal["time_points"]) -> ResultRows[ScanRecordDict]: ...
    @overload
    def rows(self, key: Literal["growth"]) -> ResultRows[ChangeRecordDict]: ...
    @overload
    def rows(self, key: Literal["between_scans"]) -> ResultRows[StepRecordDict]: ...
    @overload
    def rows(self, key: Literal["footnotes"]) -> ResultRows[FootnoteRecordDict]: ...
    @overload
    def rows(self, key: Literal["responses"]) -> ResultRows[ResponseRecordDict]: ...
    @overload
    def rows(self, key: Literal["withheld_responses"]) -> ResultRows[WithheldResponseRecordDict]: ...
    @overload
    def rows(self, key: Literal["best_responses"]) -> ResultRows[BestResponseRecordDict]: ...
    @overload
    def rows(self, key: Literal["score_changes"]) -> ResultRows[ScoreChangeRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedPlan(Result[PlanRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/plan/2']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["withdrawn"]) -> list[WithdrawnRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["case"]) -> CaseRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["voxels"]) -> LiverPartsIntDict: ...
    @overload
    def __getitem__(self, key: Literal["volumes_ml"]) -> LiverPartsFloatDict: ...
    @overload
    def __getitem__(self, key: Literal["voxel_ml"]) -> float: ...
    @overload
    def __getitem__(self, key: Literal["denominator"]) -> Literal['measured_nontumour', 'measured_liver']: ...
    @overload
    def __getitem__(self, key: Literal["share_limits_percent"]) -> list[float]: ...
    @overload
    def __getitem__(self, key: Literal["flr_percent", "flr_percent_with_impaired", "flr_percent_without_excluded", "flr_percent_of_segments", "untreated_percent", "clearing_margin_mm"]) -> float | None: ...
    @overload
    def __getitem__(self, key: Literal["flr_percent_shown", "flr_percent_with_impaired_shown", "flr_percent_without_excluded_shown", "flr_percent_of_segments_shown", "untreated_percent_shown"]) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["remnant"]) -> RemnantRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["masks"]) -> MaskOriginsRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["label_map"]) -> LabelMapRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["excluded_structures"]) -> list[ExcludedRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["resampled"]) -> list[ResampledRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["ratios"]) -> RatiosRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["clearing"]) -> ClearingRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["embolisation"]) -> EmbolisedRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["thresholds"]) -> list[ThresholdRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["lesions"]) -> list[LesionRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["lesion_summary"]) -> LesionSummaryRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["baseline_lesions"]) -> list[BaselineLesionRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["segments"]) -> list[SegmentRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["resections"]) -> list[ResectionRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["resections_for_discussion"]) -> DiscussedResectionsRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["denominators"]) -> list[DenominatorRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["body"]) -> BodyRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["vessels"]) -> VesselsRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["voxel_mm"]) -> list[float] | None: ...
    @overload
    def __getitem__(self, key: Literal["function"]) -> RemnantFunctionRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["dose"]) -> LungDoseRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["scores"]) -> ScoresRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["context"]) -> ContextRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["growth"]) -> PlanGrowthRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["facts"]) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: Literal["typed_flr"]) -> TypedFlrRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["typed_untreated"]) -> TypedUntreatedRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["rules"]) -> list[RuleRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["trials"]) -> list[TrialAnswerRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["pathway"]) -> PathwayRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["route"]) -> RouteRecordDict: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/plan/2']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["case"], default: object = None) -> CaseRecordDict: ...
    @overload
    def get(self, key: Literal["voxels"], default: object = None) -> LiverPartsIntDict: ...
    @overload
    def get(self, key: Literal["volumes_ml"], default: object = None) -> LiverPartsFloatDict: ...
    @overload
    def get(self, key: Literal["voxel_ml"], default: object = None) -> float: ...
    @overload
    def get(self, key: Literal["denominator"], default: object = None) -> Literal['measured_nontumour', 'measured_liver']: ...
    @overload
    def get(self, key: Literal["share_limits_percent"], default: object = None) -> list[float]: ...
    @overload
    def get(self, key: Literal["masks"], default: object = None) -> MaskOriginsRecordDict: ...
    @overload
    def get(self, key: Literal["ratios"], default: object = None) -> RatiosRecordDict: ...
    @overload
    def get(self, key: Literal["thresholds"], default: object = None) -> list[ThresholdRecordDict]: ...
    @overload
    def get(self, key: Literal["facts"], default: object = None) -> dict[str, Any]: ...
    @overload
    def get(self, key: Literal["rules"], default: object = None) -> list[RuleRecordDict]: ...
    @overload
    def get(self, key: Literal["trials"], default: object = None) -> list[TrialAnswerRecordDict]: ...
    @overload
    def get(self, key: Literal["pathway"], default: object = None) -> PathwayRecordDict: ...
    @overload
    def get(self, key: Literal["route"], default: object = None) -> RouteRecordDict: ...
    @overload
    def get(self, key: Literal["withdrawn"], default: Default = ...) -> list[WithdrawnRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["flr_percent", "flr_percent_with_impaired", "flr_percent_without_excluded", "flr_percent_of_segments", "untreated_percent", "clearing_margin_mm"], default: Default = ...) -> float | Default: ...
    @overload
    def get(self, key: Literal["flr_percent_shown", "flr_percent_with_impaired_shown", "flr_percent_without_excluded_shown", "flr_percent_of_segments_shown", "untreated_percent_shown"], default: Default = ...) -> str | Default: ...
    @overload
    def get(self, key: Literal["remnant"], default: Default = ...) -> RemnantRecordDict | Default: ...
    @overload
    def get(self, key: Literal["label_map"], default: Default = ...) -> LabelMapRecordDict | Default: ...
    @overload
    def get(self, key: Literal["excluded_structures"], default: Default = ...) -> list[ExcludedRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["resampled"], default: Default = ...) -> list[ResampledRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["clearing"], default: Default = ...) -> ClearingRecordDict | Default: ...
    @overload
    def get(self, key: Literal["embolisation"], default: Default = ...) -> EmbolisedRecordDict | Default: ...
    @overload
    def get(self, key: Literal["lesions"], default: Default = ...) -> list[LesionRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["lesion_summary"], default: Default = ...) -> LesionSummaryRecordDict | Default: ...
    @overload
    def get(self, key: Literal["baseline_lesions"], default: Default = ...) -> list[BaselineLesionRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["segments"], default: Default = ...) -> list[SegmentRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["resections"], default: Default = ...) -> list[ResectionRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["resections_for_discussion"], default: Default = ...) -> DiscussedResectionsRecordDict | Default: ...
    @overload
    def get(self, key: Literal["denominators"], default: Default = ...) -> list[DenominatorRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["body"], default: Default = ...) -> BodyRecordDict | Default: ...
    @overload
    def get(self, key: Literal["vessels"], default: Default = ...) -> VesselsRecordDict | Default: ...
    @overload
    def get(self, key: Literal["voxel_mm"], default: Default = ...) -> list[float] | Default: ...
    @overload
    def get(self, key: Literal["function"], default: Default = ...) -> RemnantFunctionRecordDict | Default: ...
    @overload
    def get(self, key: Literal["dose"], default: Default = ...) -> LungDoseRecordDict | Default: ...
    @overload
    def get(self, key: Literal["scores"], default: Default = ...) -> ScoresRecordDict | Default: ...
    @overload
    def get(self, key: Literal["context"], default: Default = ...) -> ContextRecordDict | Default: ...
    @overload
    def get(self, key: Literal["growth"], default: Default = ...) -> PlanGrowthRecordDict | Default: ...
    @overload
    def get(self, key: Literal["typed_flr"], default: Default = ...) -> TypedFlrRecordDict | Default: ...
    @overload
    def get(self, key: Literal["typed_untreated"], default: Default = ...) -> TypedUntreatedRecordDict | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["withdrawn"]) -> ResultRows[WithdrawnRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: Literal["excluded_structures"]) -> ResultRows[ExcludedRecordDict]: ...
    @overload
    def rows(self, key: Literal["resampled"]) -> ResultRows[ResampledRecordDict]: ...
    @overload
    def rows(self, key: Literal["thresholds"]) -> ResultRows[ThresholdRecordDict]: ...
    @overload
    def rows(self, key: Literal["lesions"]) -> ResultRows[LesionRecordDict]: ...
    @overload
    def rows(self, key: Literal["baseline_lesions"]) -> ResultRows[BaselineLesionRecordDict]: ...
    @overload
    def rows(self, key: Literal["segments"]) -> ResultRows[SegmentRecordDict]: ...
    @overload
    def rows(self, key: Literal["resections"]) -> ResultRows[ResectionRecordDict]: ...
    @overload
    def rows(self, key: Literal["denominators"]) -> ResultRows[DenominatorRecordDict]: ...
    @overload
    def rows(self, key: Literal["rules"]) -> ResultRows[RuleRecordDict]: ...
    @overload
    def rows(self, key: Literal["trials"]) -> ResultRows[TrialAnswerRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedResections(Result[ResectionsRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/resections/2']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["withdrawn"]) -> list[WithdrawnRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["id", "flr_percent_shown", "flr_percent_with_impaired_shown", "flr_percent_without_excluded_shown", "flr_percent_of_segments_shown", "untreated_percent_shown"]) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["voxels"]) -> LiverPartsIntDict: ...
    @overload
    def __getitem__(self, key: Literal["volumes_ml"]) -> LiverPartsFloatDict: ...
    @overload
    def __getitem__(self, key: Literal["voxel_ml", "clearing_margin_mm"]) -> float: ...
    @overload
    def __getitem__(self, key: Literal["denominator"]) -> Literal['measured_nontumour', 'measured_liver']: ...
    @overload
    def __getitem__(self, key: Literal["share_limits_percent"]) -> list[float]: ...
    @overload
    def __getitem__(self, key: Literal["flr_percent", "flr_percent_with_impaired", "flr_percent_without_excluded", "flr_percent_of_segments", "untreated_percent"]) -> float | None: ...
    @overload
    def __getitem__(self, key: Literal["remnant"]) -> RemnantRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["masks"]) -> MaskOriginsRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["label_map"]) -> LabelMapRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["excluded_structures"]) -> list[ExcludedRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["resampled"]) -> list[ResampledRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["lesions"]) -> list[LesionRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["lesion_summary"]) -> LesionSummaryRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["baseline_lesions"]) -> list[BaselineLesionRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["resections"]) -> list[ResectionRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["resections_for_discussion"]) -> DiscussedResectionsRecordDict | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/resections/2']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["voxels"], default: object = None) -> LiverPartsIntDict: ...
    @overload
    def get(self, key: Literal["volumes_ml"], default: object = None) -> LiverPartsFloatDict: ...
    @overload
    def get(self, key: Literal["voxel_ml", "clearing_margin_mm"], default: object = None) -> float: ...
    @overload
    def get(self, key: Literal["denominator"], default: object = None) -> Literal['measured_nontumour', 'measured_liver']: ...
    @overload
    def get(self, key: Literal["share_limits_percent"], default: object = None) -> list[float]: ...
    @overload
    def get(self, key: Literal["masks"], default: object = None) -> MaskOriginsRecordDict: ...
    @overload
    def get(self, key: Literal["resections"], default: object = None) -> list[ResectionRecordDict]: ...
    @overload
    def get(self, key: Literal["withdrawn"], default: Default = ...) -> list[WithdrawnRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["id", "flr_percent_shown", "flr_percent_with_impaired_shown", "flr_percent_without_excluded_shown", "flr_percent_of_segments_shown", "untreated_percent_shown"], default: Default = ...) -> str | Default: ...
    @overload
    def get(self, key: Literal["flr_percent", "flr_percent_with_impaired", "flr_percent_without_excluded", "flr_percent_of_segments", "untreated_percent"], default: Default = ...) -> float | Default: ...
    @overload
    def get(self, key: Literal["remnant"], default: Default = ...) -> RemnantRecordDict | Default: ...
    @overload
    def get(self, key: Literal["label_map"], default: Default = ...) -> LabelMapRecordDict | Default: ...
    @overload
    def get(self, key: Literal["excluded_structures"], default: Default = ...) -> list[ExcludedRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["resampled"], default: Default = ...) -> list[ResampledRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["lesions"], default: Default = ...) -> list[LesionRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["lesion_summary"], default: Default = ...) -> LesionSummaryRecordDict | Default: ...
    @overload
    def get(self, key: Literal["baseline_lesions"], default: Default = ...) -> list[BaselineLesionRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["resections_for_discussion"], default: Default = ...) -> DiscussedResectionsRecordDict | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["withdrawn"]) -> ResultRows[WithdrawnRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: Literal["excluded_structures"]) -> ResultRows[ExcludedRecordDict]: ...
    @overload
    def rows(self, key: Literal["resampled"]) -> ResultRows[ResampledRecordDict]: ...
    @overload
    def rows(self, key: Literal["lesions"]) -> ResultRows[LesionRecordDict]: ...
    @overload
    def rows(self, key: Literal["baseline_lesions"]) -> ResultRows[BaselineLesionRecordDict]: ...
    @overload
    def rows(self, key: Literal["resections"]) -> ResultRows[ResectionRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedScreening(Result[ScreenRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/screen/2']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[ListedFileRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["rules"]) -> list[RuleRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["rows"]) -> list[ScreenedRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["refused"]) -> list[NotReadRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["faults"]) -> list[FaultRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["selection"]) -> SelectionRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["consort"]) -> ConsortRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["unmapped"]) -> list[UnmappedCodeRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/screen/2']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[ListedFileRecordDict]: ...
    @overload
    def get(self, key: Literal["rules"], default: object = None) -> list[RuleRecordDict]: ...
    @overload
    def get(self, key: Literal["rows"], default: object = None) -> list[ScreenedRecordDict]: ...
    @overload
    def get(self, key: Literal["refused"], default: object = None) -> list[NotReadRecordDict]: ...
    @overload
    def get(self, key: Literal["consort"], default: object = None) -> ConsortRecordDict: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["faults"], default: Default = ...) -> list[FaultRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["selection"], default: Default = ...) -> SelectionRecordDict | Default: ...
    @overload
    def get(self, key: Literal["unmapped"], default: Default = ...) -> list[UnmappedCodeRecordDict] | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[ListedFileRecordDict]: ...
    @overload
    def rows(self, key: Literal["rules"]) -> ResultRows[RuleRecordDict]: ...
    @overload
    def rows(self, key: Literal["rows"]) -> ResultRows[ScreenedRecordDict]: ...
    @overload
    def rows(self, key: Literal["refused"]) -> ResultRows[NotReadRecordDict]: ...
    @overload
    def rows(self, key: Literal["faults"]) -> ResultRows[FaultRecordDict]: ...
    @overload
    def rows(self, key: Literal["unmapped"]) -> ResultRows[UnmappedCodeRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedTrials(Result[JudgementRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/trials/2']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["id"]) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["facts"]) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: Literal["typed_flr"]) -> TypedFlrRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["typed_untreated"]) -> TypedUntreatedRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["rules"]) -> list[RuleRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["trials"]) -> list[TrialAnswerRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["pathway"]) -> PathwayRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["route"]) -> RouteRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["context"]) -> ContextRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["sources"]) -> list[FactSourceRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["unmapped"]) -> list[UnmappedCodeRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/trials/2']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["facts"], default: object = None) -> dict[str, Any]: ...
    @overload
    def get(self, key: Literal["rules"], default: object = None) -> list[RuleRecordDict]: ...
    @overload
    def get(self, key: Literal["trials"], default: object = None) -> list[TrialAnswerRecordDict]: ...
    @overload
    def get(self, key: Literal["pathway"], default: object = None) -> PathwayRecordDict: ...
    @overload
    def get(self, key: Literal["route"], default: object = None) -> RouteRecordDict: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["id"], default: Default = ...) -> str | Default: ...
    @overload
    def get(self, key: Literal["typed_flr"], default: Default = ...) -> TypedFlrRecordDict | Default: ...
    @overload
    def get(self, key: Literal["typed_untreated"], default: Default = ...) -> TypedUntreatedRecordDict | Default: ...
    @overload
    def get(self, key: Literal["context"], default: Default = ...) -> ContextRecordDict | Default: ...
    @overload
    def get(self, key: Literal["sources"], default: Default = ...) -> list[FactSourceRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["unmapped"], default: Default = ...) -> list[UnmappedCodeRecordDict] | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["rules"]) -> ResultRows[RuleRecordDict]: ...
    @overload
    def rows(self, key: Literal["trials"]) -> ResultRows[TrialAnswerRecordDict]: ...
    @overload
    def rows(self, key: Literal["sources"]) -> ResultRows[FactSourceRecordDict]: ...
    @overload
    def rows(self, key: Literal["unmapped"]) -> ResultRows[UnmappedCodeRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class KeyedValidation(Result[ValidationRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/validation/1']: ...
    @overload
    def __getitem__(self, key: Literal["version", "data_set", "doi", "licence", "described_in", "counts_from"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["images", "equal"]) -> bool: ...
    @overload
    def __getitem__(self, key: Literal["patients"]) -> list[ValidatedPatientRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["limits"]) -> list[SetLimitRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["different", "not_counted", "not_planned", "absent", "unpublished", "exceeding"]) -> list[str]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/validation/1']: ...
    @overload
    def get(self, key: Literal["version", "data_set", "doi", "licence", "described_in", "counts_from"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["images", "equal"], default: object = None) -> bool: ...
    @overload
    def get(self, key: Literal["patients"], default: object = None) -> list[ValidatedPatientRecordDict]: ...
    @overload
    def get(self, key: Literal["limits"], default: object = None) -> list[SetLimitRecordDict]: ...
    @overload
    def get(self, key: Literal["different", "not_counted", "not_planned", "absent", "unpublished", "exceeding"], default: object = None) -> list[str]: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["patients"]) -> ResultRows[ValidatedPatientRecordDict]: ...
    @overload
    def rows(self, key: Literal["limits"]) -> ResultRows[SetLimitRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...

class KeyedVolumes(Result[VolumeRecord]):
    @overload
    def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/volume/1']: ...
    @overload
    def __getitem__(self, key: Literal["version"]) -> str: ...
    @overload
    def __getitem__(self, key: Literal["status"]) -> Literal['ok']: ...
    @overload
    def __getitem__(self, key: Literal["refusal"]) -> None: ...
    @overload
    def __getitem__(self, key: Literal["notice"]) -> Literal['research use, not a cleared device']: ...
    @overload
    def __getitem__(self, key: Literal["inputs"]) -> list[InputRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["withdrawn"]) -> list[WithdrawnRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
    @overload
    def __getitem__(self, key: Literal["voxels"]) -> LiverPartsIntDict: ...
    @overload
    def __getitem__(self, key: Literal["volumes_ml"]) -> LiverPartsFloatDict: ...
    @overload
    def __getitem__(self, key: Literal["voxel_ml"]) -> float: ...
    @overload
    def __getitem__(self, key: Literal["denominator"]) -> Literal['measured_nontumour', 'measured_liver']: ...
    @overload
    def __getitem__(self, key: Literal["share_limits_percent"]) -> list[float]: ...
    @overload
    def __getitem__(self, key: Literal["flr_percent", "flr_percent_with_impaired", "flr_percent_without_excluded", "flr_percent_of_segments", "untreated_percent"]) -> float | None: ...
    @overload
    def __getitem__(self, key: Literal["flr_percent_shown", "flr_percent_with_impaired_shown", "flr_percent_without_excluded_shown", "flr_percent_of_segments_shown", "untreated_percent_shown"]) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["remnant"]) -> RemnantRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["masks"]) -> MaskOriginsRecordDict: ...
    @overload
    def __getitem__(self, key: Literal["label_map"]) -> LabelMapRecordDict | None: ...
    @overload
    def __getitem__(self, key: Literal["excluded_structures"]) -> list[ExcludedRecordDict] | None: ...
    @overload
    def __getitem__(self, key: Literal["resampled"]) -> list[ResampledRecordDict] | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def get(self, key: Literal["schema"], default: object = None) -> Literal['fl-planner/volume/1']: ...
    @overload
    def get(self, key: Literal["version"], default: object = None) -> str: ...
    @overload
    def get(self, key: Literal["status"], default: object = None) -> Literal['ok']: ...
    @overload
    def get(self, key: Literal["refusal"], default: object = None) -> None: ...
    @overload
    def get(self, key: Literal["notice"], default: object = None) -> Literal['research use, not a cleared device']: ...
    @overload
    def get(self, key: Literal["inputs"], default: object = None) -> list[InputRecordDict]: ...
    @overload
    def get(self, key: Literal["findings"], default: object = None) -> list[FindingRecordDict]: ...
    @overload
    def get(self, key: Literal["voxels"], default: object = None) -> LiverPartsIntDict: ...
    @overload
    def get(self, key: Literal["volumes_ml"], default: object = None) -> LiverPartsFloatDict: ...
    @overload
    def get(self, key: Literal["voxel_ml"], default: object = None) -> float: ...
    @overload
    def get(self, key: Literal["denominator"], default: object = None) -> Literal['measured_nontumour', 'measured_liver']: ...
    @overload
    def get(self, key: Literal["share_limits_percent"], default: object = None) -> list[float]: ...
    @overload
    def get(self, key: Literal["masks"], default: object = None) -> MaskOriginsRecordDict: ...
    @overload
    def get(self, key: Literal["withdrawn"], default: Default = ...) -> list[WithdrawnRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["flr_percent", "flr_percent_with_impaired", "flr_percent_without_excluded", "flr_percent_of_segments", "untreated_percent"], default: Default = ...) -> float | Default: ...
    @overload
    def get(self, key: Literal["flr_percent_shown", "flr_percent_with_impaired_shown", "flr_percent_without_excluded_shown", "flr_percent_of_segments_shown", "untreated_percent_shown"], default: Default = ...) -> str | Default: ...
    @overload
    def get(self, key: Literal["remnant"], default: Default = ...) -> RemnantRecordDict | Default: ...
    @overload
    def get(self, key: Literal["label_map"], default: Default = ...) -> LabelMapRecordDict | Default: ...
    @overload
    def get(self, key: Literal["excluded_structures"], default: Default = ...) -> list[ExcludedRecordDict] | Default: ...
    @overload
    def get(self, key: Literal["resampled"], default: Default = ...) -> list[ResampledRecordDict] | Default: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    @overload
    def rows(self, key: Literal["inputs"]) -> ResultRows[InputRecordDict]: ...
    @overload
    def rows(self, key: Literal["withdrawn"]) -> ResultRows[WithdrawnRecordDict]: ...
    @overload
    def rows(self, key: Literal["findings"]) -> ResultRows[FindingRecordDict]: ...
    @overload
    def rows(self, key: Literal["excluded_structures"]) -> ResultRows[ExcludedRecordDict]: ...
    @overload
    def rows(self, key: Literal["resampled"]) -> ResultRows[ResampledRecordDict]: ...
    @overload
    def rows(self, key: str) -> ResultRows[Any]: ...
    @property
    def findings(self) -> ResultRows[FindingRecordDict]: ...

class PlanRow(Row):
    @overload
    def __getitem__(self, key: Literal["record_id", "fl_planner_version", "diagnosis_word", "reading_status_word", "denominator_word", "dragon2_flr_30_word", "dragon2_flr_40_word", "dragon2_clear_30_word", "dragon2_clear_40_word", "dragon_plc_flr_30_word", "dragon_plc_flr_40_word", "dragon_plc_flr_50_word", "dragon_plc_clear_30_word", "dragon_plc_clear_40_word", "dragon_plc_clear_50_word", "rescue_untreated_30_word", "remnant_origin_word", "liver_method_word", "liver_program", "liver_version", "tumour_method_word", "tumour_program", "tumour_version", "flr_method_word", "flr_program", "flr_version", "resected_method_word", "resected_program", "resected_version", "treated_method_word", "treated_program", "treated_version", "segments_method_word", "segments_program", "segments_version", "embolisation_kind_word", "flr_function_origin_word", "flr_supplied_by", "pathway_word", "pathway_row", "route_word", "route_row", "nct05428735_shown_word", "nct06449937_shown_word", "nct04562727_shown_word", "nct06857773_shown_word", "nct06178198_shown_word", "findings_codes"], /) -> str | None: ...
    @overload
    def __getitem__(self, key: Literal["diagnosis", "reading_status", "denominator", "dragon2_flr_30", "dragon2_flr_40", "dragon2_clear_30", "dragon2_clear_40", "dragon_plc_flr_30", "dragon_plc_flr_40", "dragon_plc_flr_50", "dragon_plc_clear_30", "dragon_plc_clear_40", "dragon_plc_clear_50", "rescue_untreated_30", "remnant_origin", "liver_method", "tumour_method", "flr_method", "resected_method", "treated_method", "segments_method", "lesion_count", "embolisation_kind", "flr_function_origin", "ct_to_hbs_d", "pathway", "route", "nct05428735_verdict", "nct05428735_shown", "nct06449937_verdict", "nct06449937_shown", "nct04562727_verdict", "nct04562727_shown", "nct06857773_verdict", "nct06857773_shown", "nct06178198_verdict", "nct06178198_shown", "findings_info", "findings_warning", "findings_error"], /) -> int | None: ...
    @overload
    def __getitem__(self, key: Literal["reading_age_d", "liver_ml", "tumour_ml", "nontumour_ml", "flr_ml", "resected_ml", "untreated_ml", "excluded_ml", "impaired_ml", "voxel_ml", "flr_pct", "flr_vox", "flr_whole_vox", "flr_pct_low", "flr_pct_high", "untreated_pct", "untreated_vox", "untreated_whole_vox", "untreated_pct_low", "untreated_pct_high", "flr2_pct", "flr2_less_flr_pct_pt", "flr_w_impaired_pct", "flr_wo_excluded_pct", "flr_of_segments_pct", "flr_typed_pct", "dragon2_flr_30_chance", "dragon2_flr_40_chance", "dragon2_clear_30_chance", "dragon2_clear_40_chance", "dragon_plc_flr_30_chance", "dragon_plc_flr_40_chance", "dragon_plc_flr_50_chance", "dragon_plc_clear_30_chance", "dragon_plc_clear_40_chance", "dragon_plc_clear_50_chance", "rescue_untreated_30_chance", "seg1_ml", "seg2_ml", "seg3_ml", "seg4_ml", "seg4a_ml", "seg4b_ml", "seg5_ml", "seg6_ml", "seg7_ml", "seg8_ml", "lesion_largest_cm", "margin_mm", "lesions_in_remnant", "clearing_margin_mm", "flr_after_clearing_ml", "flr_after_clearing_pct", "embolisation_to_ct_d", "flr_of_baseline_pct", "flr_function_pct_min_m2", "flr_counts_pct", "lung_dose_gy", "height_cm", "weight_kg", "bsa_m2", "sflr_pct", "flr_bw_pct", "flr_supplied_ml", "flr_supplied_pct", "flr_supplied_pct_low", "flr_supplied_pct_high"], /) -> float | None: ...
    @overload
    def __getitem__(self, key: Literal["remnant_seg___1", "remnant_seg___2", "remnant_seg___3", "remnant_seg___4", "remnant_seg___4a", "remnant_seg___4b", "remnant_seg___5", "remnant_seg___6", "remnant_seg___7", "remnant_seg___8", "lesion_bilobar", "flr_supplied_uncertain", "pathway_borderline", "nct05428735_human_open", "nct06449937_human_open", "nct04562727_human_open", "nct06857773_human_open", "nct06178198_human_open"], /) -> bool | None: ...
    @overload
    def __getitem__(self, key: str, /) -> Any: ...
    @overload
    def get(self, key: Literal["record_id", "fl_planner_version", "diagnosis_word", "reading_status_word", "denominator_word", "dragon2_flr_30_word", "dragon2_flr_40_word", "dragon2_clear_30_word", "dragon2_clear_40_word", "dragon_plc_flr_30_word", "dragon_plc_flr_40_word", "dragon_plc_flr_50_word", "dragon_plc_clear_30_word", "dragon_plc_clear_40_word", "dragon_plc_clear_50_word", "rescue_untreated_30_word", "remnant_origin_word", "liver_method_word", "liver_program", "liver_version", "tumour_method_word", "tumour_program", "tumour_version", "flr_method_word", "flr_program", "flr_version", "resected_method_word", "resected_program", "resected_version", "treated_method_word", "treated_program", "treated_version", "segments_method_word", "segments_program", "segments_version", "embolisation_kind_word", "flr_function_origin_word", "flr_supplied_by", "pathway_word", "pathway_row", "route_word", "route_row", "nct05428735_shown_word", "nct06449937_shown_word", "nct04562727_shown_word", "nct06857773_shown_word", "nct06178198_shown_word", "findings_codes"], default: object = None, /) -> str | None: ...
    @overload
    def get(self, key: Literal["diagnosis", "reading_status", "denominator", "dragon2_flr_30", "dragon2_flr_40", "dragon2_clear_30", "dragon2_clear_40", "dragon_plc_flr_30", "dragon_plc_flr_40", "dragon_plc_flr_50", "dragon_plc_clear_30", "dragon_plc_clear_40", "dragon_plc_clear_50", "rescue_untreated_30", "remnant_origin", "liver_method", "tumour_method", "flr_method", "resected_method", "treated_method", "segments_method", "lesion_count", "embolisation_kind", "flr_function_origin", "ct_to_hbs_d", "pathway", "route", "nct05428735_verdict", "nct05428735_shown", "nct06449937_verdict", "nct06449937_shown", "nct04562727_verdict", "nct04562727_shown", "nct06857773_verdict", "nct06857773_shown", "nct06178198_verdict", "nct06178198_shown", "findings_info", "findings_warning", "findings_error"], default: object = None, /) -> int | None: ...
    @overload
    def get(self, key: Literal["reading_age_d", "liver_ml", "tumour_ml", "nontumour_ml", "flr_ml", "resected_ml", "untreated_ml", "excluded_ml", "impaired_ml", "voxel_ml", "flr_pct", "flr_vox", "flr_whole_vox", "flr_pct_low", "flr_pct_high", "untreated_pct", "untreated_vox", "untreated_whole_vox", "untreated_pct_low", "untreated_pct_high", "flr2_pct", "flr2_less_flr_pct_pt", "flr_w_impaired_pct", "flr_wo_excluded_pct", "flr_of_segments_pct", "flr_typed_pct", "dragon2_flr_30_chance", "dragon2_flr_40_chance", "dragon2_clear_30_chance", "dragon2_clear_40_chance", "dragon_plc_flr_30_chance", "dragon_plc_flr_40_chance", "dragon_plc_flr_50_chance", "dragon_plc_clear_30_chance", "dragon_plc_clear_40_chance", "dragon_plc_clear_50_chance", "rescue_untreated_30_chance", "seg1_ml", "seg2_ml", "seg3_ml", "seg4_ml", "seg4a_ml", "seg4b_ml", "seg5_ml", "seg6_ml", "seg7_ml", "seg8_ml", "lesion_largest_cm", "margin_mm", "lesions_in_remnant", "clearing_margin_mm", "flr_after_clearing_ml", "flr_after_clearing_pct", "embolisation_to_ct_d", "flr_of_baseline_pct", "flr_function_pct_min_m2", "flr_counts_pct", "lung_dose_gy", "height_cm", "weight_kg", "bsa_m2", "sflr_pct", "flr_bw_pct", "flr_supplied_ml", "flr_supplied_pct", "flr_supplied_pct_low", "flr_supplied_pct_high"], default: object = None, /) -> float | None: ...
    @overload
    def get(self, key: Literal["remnant_seg___1", "remnant_seg___2", "remnant_seg___3", "remnant_seg___4", "remnant_seg___4a", "remnant_seg___4b", "remnant_seg___5", "remnant_seg___6", "remnant_seg___7", "remnant_seg___8", "lesion_bilobar", "flr_supplied_uncertain", "pathway_borderline", "nct05428735_human_open", "nct06449937_human_open", "nct04562727_human_open", "nct06857773_human_open", "nct06178198_human_open"], default: object = None, /) -> bool | None: ...
    @overload
    def get(self, key: str, default: Any = None, /) -> Any: ...
