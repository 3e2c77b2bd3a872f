"""What goes together in one scintigraphy."""

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.function.clearance import Scintigraphy
from tests.function.studies import REFERENCE, exact_study, regions


def test_frames_need_regions_and_regions_frames() -> None:
    assert Scintigraphy("dyn.dcm", exact_study(), regions()).window.start_s == 150
    for study, drawn in ((exact_study(), None), (None, regions())):
        with pytest.raises(InputRefused, match="needs regions"):
            Scintigraphy("dyn.dcm", study, drawn)


def test_one_clearance_has_one_source() -> None:
    assert Scintigraphy("curves.csv", activity=REFERENCE).study is None
    with pytest.raises(InputRefused, match="both given"):
        Scintigraphy("dyn.dcm", exact_study(), regions(), REFERENCE)
