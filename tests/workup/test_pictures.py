"""Pictures of a case in a folder."""

from pathlib import Path

import pytest

from fl_planner.intake.documents.samples import sample_case
from fl_planner.workup.report import PictureSet, draw_case
from fl_planner.workup.request import read_request


@pytest.mark.slow
def test_pictures_of_a_case_with_a_study_are_drawn_again_over_themselves(tmp_path: Path) -> None:
    """Beside those of every plan stands that of the function; `force` knows each as its own."""
    case, folder = sample_case("crlm").parent / "function" / "function.toml", tmp_path / "out"
    drawn = draw_case(read_request(case), folder, PictureSet(dpi=50))
    assert {"cuts.png", "contact_sheet.png", "surface.png", "function.png"} <= {*drawn}
    assert draw_case(read_request(case), folder, PictureSet(dpi=50, force=True)) == drawn
