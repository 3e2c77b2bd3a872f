"""Types of records by their keys, for type checkers alone.

Made by `docs/make/python_records.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Literal, NotRequired, TypedDict, overload

    from fl_planner.record.dose import DoseRecord
    from fl_planner.record.function import FunctionRecord
    from fl_planner.record.growth import GrowthRecord
    from fl_planner.record.plan import PlanRecord
    from fl_planner.record.volumes import VolumeRecord
    from fl_planner.workup.python.result import Result

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
        lungs_by: str
        lungs_by_ct_kg: NotRequired[float]
        density_g_per_ml: float

    class LungShuntRecordDict(TypedDict):
        fraction: float
        shown: str
        origin: Literal['given', 'planar', 'spect_ct']
        method: str
        interval: NotRequired[list[float]]

    class TumourToNormalRecordDict(TypedDict):
        ratio: float
        shown: str
        origin: Literal['given', 'planar', 'spect_ct']
        interval: NotRequired[list[float]]
        by_spect: NotRequired[float]
        range_by_shift: NotRequired[list[float]]
        registered_by: NotRequired[str]

    class DosesRecordDict(TypedDict):
        tumour_gy: float
        lung_gy: NotRequired[float]
        lung_shown: NotRequired[str]
        lung_interval_gy: NotRequired[list[float]]
        lung_interval_shown: NotRequired[str]
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
        answer: NotRequired[str]
        source: str
        decides: bool
        largest_lung_shunt: NotRequired[float]

    class DoseVariationRecordDict(TypedDict):
        name: str
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
        origin: NotRequired[str]
        computed: NotRequired[ComputedDoseRecordDict]

    class AcceptedRecordDict(TypedDict):
        by: str
        why: str

    class FindingRecordDict(TypedDict):
        code: str
        severity: str
        message: str
        file: str | None
        value: NotRequired[float]
        unit: NotRequired[str]
        accepted: NotRequired[AcceptedRecordDict]

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
        interval_percent: NotRequired[list[float]]
        range_by_shift_percent: list[float]
        by_shift: list[MaskShiftRecordDict]
        best_shift_mm: list[float]
        without_hot_percent: NotRequired[float]
        hot_percent: float
        segments: list[CountedSegmentRecordDict]

    class ScintigraphyRecordDict(TypedDict):
        validated_locally: str
        clearance: NotRequired[ClearanceRecordDict]
        decay: NotRequired[DecayRecordDict]
        heads: NotRequired[list[str]]
        share: NotRequired[CountShareRecordDict]
        flr_pct_per_min_per_m2: NotRequired[float]
        flr_shown: NotRequired[str]
        flr_interval_pct_per_min_per_m2: NotRequired[list[float]]
        flr_interval_shown: NotRequired[str]
        flr_range_pct_per_min_per_m2: NotRequired[list[float]]
        flr_range_shown: NotRequired[str]
        usable: bool
        fasting_hours: NotRequired[float]
        bilirubin_umol_per_l: NotRequired[float]
        to_ask: list[str]

    class WithdrawnRecordDict(TypedDict):
        number: str
        codes: list[str]
        why: str

    class ClosedVeinsRecordDict(TypedDict):
        kind: Literal['ALPPS', 'HVE', 'PVE', 'PVE/HVE', 'Y90']
        segments: list[str]
        date: NotRequired[str]

    class FixedDenominatorRecordDict(TypedDict):
        fixed: Literal['baseline_nontumour']
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
        status: NotRequired[str]
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
        relative_interval_percent: list[float]
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
        stated: NotRequired[str]

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
        diagnosis: NotRequired[str]
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
        counted: str

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
        denominator: str
        interval_percent: list[float]
        cv: SpreadRecordDict
        second_reader: NotRequired[SecondReaderRecordDict]

    class OtherRatioRecordDict(TypedDict):
        numerator_voxels: int
        denominator_voxels: int
        denominator: str
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

    class GrowthNeededRecordDict(TypedDict):
        total_held: float
        rest_held: float

    class ThresholdRecordDict(TypedDict):
        name: str
        answer: str
        crossing_chance: float
        limit_percent: float
        distance_ml: float
        margin_voxels: float
        growth_needed_ml: NotRequired[GrowthNeededRecordDict]
        borderline: bool
        inside_interval: bool
        source: str

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
        origin: str
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
        answer: str
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
        tree: str
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
        voxels: int
        volume_ml: float
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
        tree: str
        vessel: str
        territory: LiverRangeRecordDict
        by_segment: NotRequired[list[SegmentPartRecordDict]]
        agreement: NotRequired[MapAgreementRecordDict]

    class SuppliedLimitRecordDict(TypedDict):
        name: str
        limit_percent: float
        answer: str

    class CutRecordDict(TypedDict):
        number: int
        tree: str
        at_mm: NotRequired[list[float]]
        branch: NotRequired[str]
        snapped_mm: float
        lost: LiverRangeRecordDict
        other_ml: float
        doubtful: bool

    class VeinRecordDict(TypedDict):
        vessel: str
        in_liver_ml: float
        removed_ml: float
        drained_ml: NotRequired[float]
        drained_percent: NotRequired[float]
        must_stay: NotRequired[bool]
        fate: NotRequired[str]
        lesion: NotRequired[int]
        lesion_mm: NotRequired[float]
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
        shown: NotRequired[str]
        origin: NotRequired[str]
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
        best_responses: NotRequired[list[BestResponseRecordDict]]
        censor_day: NotRequired[int]
        score_changes: NotRequired[list[ScoreChangeRecordDict]]
        regional_function: NotRequired[RegionalFunctionRecordDict]
        limits: NotRequired[GrowthLimitsRecordDict]

    class TypedLimitRecordDict(TypedDict):
        name: str
        answer: str
        limit_percent: float
        near: bool
        distance: str
        source: str

    class TypedFlrRecordDict(TypedDict):
        percent: float
        shown: str
        limits: list[TypedLimitRecordDict]

    class RuleRecordDict(TypedDict):
        id: str
        name: str
        sha256: NotRequired[str]

    class FailingRecordDict(TypedDict):
        fact: str
        value: bool | float | str | list[str]
        changes: Literal['can_change', 'on_date', 'permanent']

    class CriterionPartRecordDict(TypedDict):
        answer: str
        evidence: str
        distance: NotRequired[str]
        open_facts: list[str]
        name: str
        by: list[Literal['facts', 'human', 'imaging']]

    class CriterionAnswerRecordDict(TypedDict):
        answer: str
        evidence: str
        distance: NotRequired[str]
        open_facts: list[str]
        id: str
        kind: str
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
        verdict: str
        shown: str
        by_design: NotRequired[str]
        applies: bool
        only_human_open: bool
        failed: list[str]
        unknown: list[str]
        reasons: NotRequired[list[str]]
        criteria: list[CriterionAnswerRecordDict]

    class PathwayRecordDict(TypedDict):
        name: str
        row: str
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
        def __getitem__(self, key: str) -> Any: ...

    class KeyedFunction(Result[FunctionRecord]):
        @overload
        def __getitem__(self, key: Literal["schema"]) -> Literal['fl-planner/function/1']: ...
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
        def __getitem__(self, key: Literal["function"]) -> ScintigraphyRecordDict: ...
        @overload
        def __getitem__(self, key: Literal["adequate"]) -> bool | None: ...
        @overload
        def __getitem__(self, key: Literal["limit_pct_per_min_per_m2"]) -> float: ...
        @overload
        def __getitem__(self, key: Literal["limit_shown"]) -> str: ...
        @overload
        def __getitem__(self, key: Literal["ct_to_scintigraphy_days"]) -> int | None: ...
        @overload
        def __getitem__(self, key: Literal["findings"]) -> list[FindingRecordDict]: ...
        @overload
        def __getitem__(self, key: str) -> Any: ...
        def __getitem__(self, key: str) -> Any: ...

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
        def __getitem__(self, key: str) -> Any: ...

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
        def __getitem__(self, key: Literal["denominator"]) -> str: ...
        @overload
        def __getitem__(self, key: Literal["share_limits_percent"]) -> list[float]: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_with_impaired"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_with_impaired_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_without_excluded"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_without_excluded_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_of_segments"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_of_segments_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["untreated_percent"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["untreated_percent_shown"]) -> str | None: ...
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
        def __getitem__(self, key: Literal["clearing_margin_mm"]) -> float | None: ...
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
        def __getitem__(self, key: Literal["rules"]) -> list[RuleRecordDict]: ...
        @overload
        def __getitem__(self, key: Literal["trials"]) -> list[TrialAnswerRecordDict]: ...
        @overload
        def __getitem__(self, key: Literal["pathway"]) -> PathwayRecordDict: ...
        @overload
        def __getitem__(self, key: Literal["route"]) -> RouteRecordDict: ...
        @overload
        def __getitem__(self, key: str) -> Any: ...
        def __getitem__(self, key: str) -> Any: ...

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
        def __getitem__(self, key: Literal["denominator"]) -> str: ...
        @overload
        def __getitem__(self, key: Literal["share_limits_percent"]) -> list[float]: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_with_impaired"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_with_impaired_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_without_excluded"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_without_excluded_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_of_segments"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["flr_percent_of_segments_shown"]) -> str | None: ...
        @overload
        def __getitem__(self, key: Literal["untreated_percent"]) -> float | None: ...
        @overload
        def __getitem__(self, key: Literal["untreated_percent_shown"]) -> str | None: ...
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
        def __getitem__(self, key: str) -> Any: ...
