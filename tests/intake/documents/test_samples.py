"""The bundled cases are found in an installed package and beside the repository's."""

from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents import samples
from fl_planner.intake.documents.samples import sample_case


def layout(root: Path, monkeypatch: pytest.MonkeyPatch, cases: str) -> Path:
    """Pretend that the package lies in `root`, with one case in the folder `cases`."""
    case = root / cases / "liver_of_test"
    case.mkdir(parents=True)
    (case / "case.toml").write_text("schema = 1\n", "utf-8")
    (root / "fl_planner").mkdir(exist_ok=True)
    monkeypatch.setattr(samples, "files", lambda _: root / "fl_planner")
    return case


@pytest.mark.parametrize("name", ["crlm", "hcc"])
def test_the_bundled_cases_are_found(name: str) -> None:
    assert (sample_case(name) / "liver.nii.gz").is_file()


@pytest.mark.parametrize("home", ["fl_planner/sample_data", "sample_data"])
def test_both_places_are_searched(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = layout(tmp_path, monkeypatch, home)
    assert sample_case("liver_of_test") == case


def test_the_package_comes_before_what_is_next_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout(tmp_path, monkeypatch, "sample_data")
    inside = layout(tmp_path, monkeypatch, "fl_planner/sample_data")
    assert sample_case("liver_of_test") == inside


@pytest.mark.parametrize("name", ["", "CRLM", "nothing", "../tests", "."])
def test_other_names_are_refused_and_the_known_ones_named(name: str) -> None:
    with pytest.raises(InputRefused, match="choose one of: crlm, hcc") as caught:
        sample_case(name)
    assert (caught.value.code, caught.value.source) == ("sample.unknown", name)
