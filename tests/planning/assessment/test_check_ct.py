"""The CT as a part of what is measured: asked when it was given, and last."""

from dataclasses import replace

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.assess import OF_VOLUME, Measured, check_ct, measure
from fl_planner.planning.given.case import Case
from tests.bodies import Body, flipped
from tests.masks import codes
from tests.refusals import refuses

ONE = Body(1)


def test_without_a_ct_nothing_is_asked() -> None:
    before = Measured()
    assert check_ct(Case(Anatomy(ONE.liver), ()), before) is before


def test_h02_a_ct_is_asked_whether_the_mask_lies_on_its_liver() -> None:
    case = Case(Anatomy(ONE.liver), (), ct=ONE.ct)
    assert codes(measure(case, OF_VOLUME).findings) == ["tumour.not_given", "ct.fits"]
    mirrored = replace(case, anatomy=Anatomy(flipped(ONE.liver, 0)))
    assert codes(measure(mirrored, OF_VOLUME).findings) == ["tumour.not_given", "ct.mask_mirrored"]


def test_numbers_stand_whatever_the_ct_says() -> None:
    case = Case(Anatomy(ONE.liver), (), ct=ONE.ct)
    assert measure(case, OF_VOLUME).volumes == measure(replace(case, ct=None), OF_VOLUME).volumes


def test_h16_a_liver_of_which_nothing_is_left_is_refused_before_the_ct_is_asked() -> None:
    excluded = Anatomy(ONE.liver, excluded=(ONE.liver.renamed("gallbladder"),))
    tumour = Anatomy(ONE.liver, tumour=ONE.liver.renamed("tumour"))
    for nothing, code in ((excluded, "exclude.takes_liver"), (tumour, "volume.no_liver")):
        with refuses(code):
            measure(Case(nothing, (), ct=ONE.ct), OF_VOLUME)
