"""The bundled protocols: which, in what order, and what they bring."""

from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents import samples
from fl_planner.intake.documents.protocols import (
    SHARES,
    read_bundled_trials,
    read_protocols,
    read_share_limits,
    read_trials,
)
from fl_planner.intake.documents.samples import sample_case
from tests.refusals import refuses

REFERENCE_ORDER = ["NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198"]


def test_trials_in_the_order_of_the_reference() -> None:
    ids = [trial.id for trial in read_bundled_trials()]
    assert ids == REFERENCE_ORDER


def test_dragon_plc_lends_its_limits_and_is_not_judged() -> None:
    plc = read_protocols().hcc
    limits = [limit.value for limit in plc.limits_on("flr_fraction")]
    assert limits == [Fraction(3, 10), Fraction(2, 5), Fraction(1, 2)]
    assert plc.criteria == ()
    assert plc.id not in {trial.id for trial in read_bundled_trials()}


def test_limits_on_shares_are_those_of_the_whole_protocols() -> None:
    whole = [trial.limits_on(fact) for trial in read_protocols().each for fact in SHARES]
    every = {limit.value for limits in whole for limit in limits}
    assert read_share_limits() == tuple(sorted(every))
    assert len(every) == 3


def test_protocols_of_the_pathway() -> None:
    protocols = read_protocols()
    names = [protocols.crlm.name, protocols.radioembolisation.name, protocols.hcc.name]
    assert names == ["DRAGON 2", "RESCUE", "DRAGON PLC"]


# ---- trials of a hospital's own

OWN = """
schema = 1
id = "HOSPITAL-1"
name = "Our own trial"
short = "our_own"
diagnosis = "crlm"
source = "protocol of the hospital, version 3"
notes = ["invented"]

[[criterion]]
id = "I1"
kind = "inclusion"
says = "FLR of 20 to 35 %"
source = "section 4.1"
asked_of = "radiologist"
changes = "can_change"
by = ["imaging"]
when = { flr_fraction = { at_least = 0.20, at_most = 0.35 } }
"""


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def test_trials_of_a_folder_come_after_the_bundled_ones(tmp_path: Path) -> None:
    other = OWN.replace("HOSPITAL-1", "HOSPITAL-2").replace("our_own", "other")
    (tmp_path / "notes.txt").write_text("no trial")
    trials, files = read_trials(write(tmp_path, b=OWN, a=other))
    assert [trial.id for trial in trials] == [*REFERENCE_ORDER, "HOSPITAL-2", "HOSPITAL-1"]
    assert [(file.role, file.file, file.format) for file in files] == [
        ("trial", "a.toml", "toml"),
        ("trial", "b.toml", "toml"),
    ]
    assert read_trials(None) == (read_bundled_trials(), ())
    (tmp_path / "b.toml").rename(tmp_path / "b.TOML")
    assert [trial.id for trial in read_trials(tmp_path)[0][-2:]] == ["HOSPITAL-2", "HOSPITAL-1"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("flr_fraction", "flr_percent", "own.toml: I1: cannot read 'flr_percent'"),
        ("at_least", "atleast", "own.toml: I1: cannot read flr_fraction"),
        ('diagnosis = "crlm"', 'diagnosis = "nec"', "own.toml: trial: cannot read diagnosis"),
        ("schema = 1", "schema = ", "own.toml: trial: cannot read TOML"),
        ("0.35", "9" * 5000, "own.toml: trial: cannot read TOML"),
        ('"our_own"', '"Our Own"', "own.toml: trial: cannot read short = 'Our Own'"),
    ],
)
def test_a_trial_that_cannot_be_read_is_refused_with_its_file(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with refuses("trial.unreadable") as refusal:
        read_trials(write(tmp_path, own=OWN.replace(old, new, 1)))
    assert said in str(refusal.value)
    assert refusal.value.remedy


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, a=OWN.replace("at_most", "most"), b="", c=OWN)
    with pytest.raises(InputRefused, match=r"2 files: a\.toml: .*; b\.toml: ") as refusal:
        read_trials(folder)
    assert refusal.value.source == tmp_path.name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("HOSPITAL-1", "NCT06178198", "id = 'NCT06178198' is already used by bundled NCT06178198"),
        ("our_own", "rescue", "short = 'rescue' is already used by bundled NCT06178198"),
    ],
)
def test_a_trial_twice_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with refuses("trial.twice", "own.toml", says=said):
        read_trials(write(tmp_path, own=OWN.replace(old, new)))


def test_a_trial_twice_in_one_folder(tmp_path: Path) -> None:
    with pytest.raises(
        InputRefused, match=r"b\.toml: id = 'HOSPITAL-1' is already used by a\.toml"
    ):
        read_trials(write(tmp_path, a=OWN, b=OWN))


@pytest.mark.parametrize("name", ["nowhere", "file.toml", "empty"])
def test_a_folder_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.toml").write_text(OWN)
    (tmp_path / "empty").mkdir()
    with refuses("trial.no_folder", name):
        read_trials(tmp_path / name)


def test_the_folder_one_is_in_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputRefused, match="--trials: not a folder with TOML files"):
        read_trials(Path())


def test_a_trial_without_a_criterion_would_take_anybody(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"own\.toml: the trial has no criteria"):
        read_trials(write(tmp_path, own=OWN[: OWN.index("[[")]))


# ---- the bundled cases


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
    assert (caught.value.code, caught.value.source) == ("sample.unknown", name or "''")
