"""`fl-planner plan`: what its outputs hold in either profile, and the picture beside them."""

import re
from pathlib import Path

import pytest

from tests.cli.outside import SMALL, ask, case_toml, told
from tests.workup.test_plan import CASE

pytestmark = pytest.mark.slow

DATE = re.compile(rb"(19|20)\d\d-\d\d-\d\d|(19|20)\d{6}\b|\b\d\d?[./]\d\d?[./](19|20)\d\d")


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    """Write a case with days and a label."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    return case_toml(tmp_path, CASE)


@pytest.mark.essential
@pytest.mark.parametrize("form", [["--json"], ["-v"]])
@pytest.mark.parametrize("as_of", [[], ["--as-of", "2026-05-20"], ["--as-of", "2026-01-01"]])
def test_a_shareable_output_holds_no_date_and_no_label(
    form: list[str], as_of: list[str], dated: Path
) -> None:
    ran = ask("plan", dated, *as_of, *form)
    assert ran.status == 0
    for output in (ran.stdout, ran.stderr):
        assert not DATE.search(output)
        assert b"Bed 12" not in output


@pytest.mark.essential
def test_a_shareable_picture_holds_none_either(dated: Path, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.png", tmp_path / "two.png"]
    told("plan", dated, "--as-of", "2026-05-20", "--quiet", "--picture", pictures[0])
    later = dated.read_text("utf-8").replace("2026-05-", "2027-11-")
    case_toml(dated.parent, later.replace("schema = 1\n", "").replace("Bed 12", "Bed 13"))
    told("plan", dated, "--as-of", "2027-11-20", "--quiet", "--picture", pictures[1])
    assert not DATE.search(pictures[0].read_bytes())
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.essential
def test_the_clinical_profile_adds_date_and_label_and_nothing_else(dated: Path) -> None:
    shared, clinical = (
        told("plan", dated, "--as-of", "2026-05-20", *profile)
        for profile in ((), ("--profile", "clinical"))
    )
    assert clinical["case"].pop("label") == "Bed 12"
    assert clinical["case"]["reading"].pop("date") == "2026-05-04"
    assert clinical == shared
    assert shared["case"]["reading"]["age_days"] == 16
    first = ask("plan", dated, "--profile", "clinical").out.splitlines()[0]
    assert first == "case-001 · Bed 12 · scan of 2026-05-04 · right hepatectomy · CRLM"


@pytest.mark.essential
def test_the_picture_is_reported_by_its_name_and_is_a_png(dated: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a folder" / "plan 1.png"
    picture.parent.mkdir()
    ran = ask("plan", dated, "--picture", picture)
    assert (ran.status, ran.err) == (0, "picture: plan 1.png\n")
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    quiet = ask("plan", dated, "--picture", picture, "--force", "--quiet")
    assert (quiet.status, quiet.stdout, quiet.err) == (0, ran.stdout, "")
