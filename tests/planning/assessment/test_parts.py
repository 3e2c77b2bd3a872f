"""A plan measures all that its outputs show, volumes no more than theirs; no part goes unnoticed.

One case has every input, and in each something that its check has to find.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
from msgspec import structs

from fl_planner.basis.overlay import list_fields
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.earlier_scan import Baseline
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.planning.assessment.assess import Measured, measure_volumes
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case, Embolisation, InputFile, Operation, Reading
from fl_planner.planning.withdrawal import find_withdrawn
from fl_planner.space.grid import Image
from fl_planner.space.mask import unite
from tests.bodies import Body, flipped
from tests.cases import sure
from tests.masks import LIVER_GRID, block, codes, cubes, liver_part, small_liver, small_segments
from tests.planning.assessment.test_function import given as scintigraphy
from tests.refusals import refuses
from tests.y90.studies import GIVEN as DOSE

MAP = small_segments()
SEGMENTS = {**MAP, "5": MAP["8"], "8": MAP["5"]}  # V above VIII
RIGHT = [[7, 16, 1, 12, 1, 11]]  # one row beyond the liver
CASE = Case(
    replace(
        small_liver(),
        tumour=liver_part([[5, 8, 5, 8, 5, 8]], "tumour"),  # two thirds of it are not treated
        resected=liver_part(RIGHT, "resected"),
        treated=liver_part(RIGHT, "treated"),
        segments=SEGMENTS,
        vessels={"hepatic_veins": liver_part([[4, 12, 5, 6, 5, 6]], "hepatic_veins")},
    ),
    inputs=tuple(
        InputFile(role, f"{role}.nii.gz", "nifti1", "a" * 64) for role in ("resected", "treated")
    ),
    operations=(Operation(), Operation("other", ("2", "3", "4"), embolised_segments=("2", "3"))),
    reading=Reading(scanned_on=date(2026, 3, 1)),
    ct=Image(np.zeros(LIVER_GRID.shape, np.int16), 1.0, 0.0, LIVER_GRID, "ct.nii.gz"),
    second=SecondMasks(liver_part([[1, 5, 1, 11, 1, 11]], "flr")),
    baseline=Baseline(mask=liver_part([[9, 11, 5, 7, 5, 7]], "baseline")),
    height_cm=Fraction(180),
    weight_kg=Fraction(80),
    scintigraphy=scintigraphy(),
    studied_on=date(2026, 4, 1),
    dose=DOSE,
    embolisation=Embolisation(date(2026, 3, 15), "PVE"),
    reading_error=ReadingError(Fraction("0.08"), 20, 20, "drawn", "two readers"),
    spleen=liver_part([[1, 16, 1, 11, 0, 1]], "spleen"),  # 150 mL below the liver
)
Answer = Callable[[Measured], bool]


def found(code: str) -> Answer:
    return lambda measured: code in codes(measured.findings)


VOLUMES: Mapping[str, Answer] = {
    "one file of two roles": found("input.same_file"),
    "a part beyond the liver": found("stray.at_surface"),
    "segments in the wrong order": found("segments.order"),
    "the remnant": lambda measured: measured.remnant is not None,
    "its share": lambda measured: measured.volumes.flr_share is not None,
    "a CT that shows no liver": found("ct.not_hounsfield"),
    "the treated area": found("treated.tumour_outside"),
}
PLAN: Mapping[str, Answer] = {
    **VOLUMES,
    "segments": lambda measured: [one.name for one in measured.segments or ()] == [*SEGMENTS],
    "lesions": lambda measured: measured.lesions is not None and measured.lesions.count == 1,
    "where they lie": lambda measured: len(measured.sites or ()) == 1,
    "lesions of an earlier scan": lambda measured: len(measured.baseline or ()) == 1,
    "resections": lambda measured: bool(measured.resections),
    "each planned operation": lambda measured: len(measured.planned) == 2,
    "segments that are embolised and remain": found("plan.embolised_remnant"),
    "vessels": lambda measured: len(getattr(measured.vessels, "plans", ())) == 2,
    "how exact each share is": lambda measured: (
        {*measured.exactness} == {"flr", "flr_after_clearing", "untreated"}
    ),
    "the second reader": lambda measured: measured.second is not None,
    "function": lambda measured: measured.function is not None,
    "an embolisation between CT and study": found("function.embolised_between"),
    "dose": lambda measured: measured.dose is not None,
    "the spleen": lambda measured: measured.spleen is not None,
}


def missing(answers: Mapping[str, Answer], measured: Measured) -> list[str]:
    return [name for name, holds in answers.items() if not holds(measured)]


def test_a_plan_measures_all_that_its_outputs_show() -> None:
    measured = measure_plan(CASE)
    assert missing(PLAN, measured) == []
    assert [name for name in list_fields(Measured) if not getattr(measured, name)] == []


def test_volumes_rest_on_their_own_parts_and_measure_nothing_else() -> None:
    short, whole = measure_volumes(CASE), measure_plan(CASE)
    assert missing(VOLUMES, short) == []
    theirs = {"remnant", "volumes", "untreated_tumour", "findings"}
    others = (name for name in list_fields(Measured) if name not in theirs)
    assert [name for name in others if getattr(short, name)] == []
    assert short.volumes == whole.volumes


def test_without_resections_all_else_is_measured() -> None:
    short, whole = measure_plan(CASE, resections=False), measure_plan(CASE)
    assert (short.resections, sure(short.vessels).by_segments) == ((), {})
    names = (name for name in list_fields(Measured) if getattr(whole, name))
    assert [name for name in names if not getattr(short, name)] == ["resections"]
    assert short.findings == whole.findings
    assert find_withdrawn(CASE, short) == find_withdrawn(CASE, whole)


ONE = Body(1)


def test_h02_a_ct_is_asked_whether_the_mask_is_on_its_liver() -> None:
    case = Case(Anatomy(ONE.liver), (), ct=ONE.ct)
    assert codes(measure_volumes(case).findings) == ["tumour.not_given", "ct.fits"]
    mirrored = structs.replace(case, anatomy=Anatomy(flipped(ONE.liver, 0)))
    assert codes(measure_volumes(mirrored).findings) == ["tumour.not_given", "ct.mask_mirrored"]


def test_h02_a_mirrored_liver_alone_is_reported_by_its_shape() -> None:
    # left lobe of 300 mL and right lobe of 1200 mL, 10 cm wide each
    grid = cubes((30, 30, 30), 10.0)
    lobes = {
        "2": block(grid, (5, 15), (2, 12), (3, 6)),
        "6": block(grid, (15, 25), (2, 12), (3, 15)),
    }
    liver = replace(unite(lobes.values()), name="liver")
    parts = {name: replace(lobe, name=f"segment_{name}") for name, lobe in lobes.items()}
    for alone, found in ((Anatomy(liver), 0), (Anatomy(flipped(liver, 0)), 1)):
        seen = codes(measure_volumes(Case(alone, ())).findings)
        assert seen.count("plausibility.side") == found
    mapped = Anatomy(flipped(liver, 0), segments={k: flipped(v, 0) for k, v in parts.items()})
    seen = codes(measure_volumes(Case(mapped, ())).findings)
    assert "segments.side" in seen
    assert "plausibility.side" not in seen  # the order of the segments shows it already


def test_h13_a_piece_of_a_segment_elsewhere_is_reported_unless_labels_are_blended() -> None:
    box = liver_part([[13, 16, 1, 3, 1, 4]], "box")  # in VI, 18 mL
    segments = {name: mask - box for name, mask in MAP.items()}
    segments["2"] |= replace(box, name="segment_2", file="segments.nii.gz")
    case = Case(replace(small_liver(), segments=segments), ())
    assert "parts.pieces" in codes(measure_volumes(case).findings)
    blended = warn("labels.interpolated", box, "labels were blended", 1.0, "%")
    case = structs.replace(case, findings=(blended,))
    assert "parts.pieces" not in codes(measure_volumes(case).findings)


def test_numbers_are_whatever_the_ct_states() -> None:
    case = Case(Anatomy(ONE.liver), (), ct=ONE.ct)
    assert measure_volumes(case).volumes == measure_volumes(structs.replace(case, ct=None)).volumes


def test_h16_a_liver_of_which_nothing_is_left_is_refused_before_the_ct_is_asked() -> None:
    excluded = Anatomy(ONE.liver, excluded=(ONE.liver.renamed("gallbladder"),))
    tumour = Anatomy(ONE.liver, tumour=ONE.liver.renamed("tumour"))
    for nothing, code in ((excluded, "exclude.takes_liver"), (tumour, "volume.no_liver")):
        with refuses(code):
            measure_volumes(Case(nothing, (), ct=ONE.ct))
