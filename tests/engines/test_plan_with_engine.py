"""`plan --engine`: from a scan to a draft plan, by the same contract as `segment`."""

import json
from pathlib import Path

import numpy as np
import pytest

import fl_planner
from fl_planner.basis.findings import InputRefused
from tests.cases import of_many
from tests.cli.outside import BUNDLED, Ran, ask, refusal_of
from tests.engines.conftest import CRLM, CT, lower_bounds
from tests.engines.fake import choose, nifti, pack
from tests.engines.test_segment import CODES

TRUTH = json.loads((BUNDLED / "truth.json").read_text("utf-8"))["crlm"]["voxels"]
SEGMENTS = ("--remnant-segments", "2,3", "--diagnosis", "crlm")


def run(home: Path, engine: str, outcome: str, *words: object) -> Ran:
    choose(home, outcome)
    return ask(
        "plan", "--ct", CT, "--engine", engine, "--accept-licence", "--masks-out", "draft",
        "--json", "--quiet", *words,
    )  # fmt: skip


@pytest.mark.essential
@pytest.mark.slow
def test_h19_a_scan_becomes_a_draft_plan_with_its_masks(home: Path) -> None:
    ran = run(home, "totalsegmentator", "right", "--fhir", "plan.fhir.json", *SEGMENTS)
    assert (ran.status, ran.err) == (0, "")
    record = ran.record
    share = TRUTH["flr"] / (TRUTH["liver"] - TRUTH["tumour"])
    assert record["flr_percent"] == pytest.approx(100 * share, abs=1e-6)
    assert record["masks"]["liver"]["method"] == "automatic"
    assert "segments.automatic" in {one["code"] for one in record["findings"]}
    notes = Path("plan.fhir.json").read_text("utf-8")
    assert "liver mask: automatic, not verified" in notes
    engine = json.loads(Path("draft", "segment.json").read_bytes())["engine"]
    assert (engine["title"], engine["version"]) == ("TotalSegmentator", "2.18.0")
    assert len(engine["weights_sha256"]) == 64
    case = Path("draft", "case.toml").read_text("utf-8")
    assert 'origin = "automatic:TotalSegmentator:2.18.0"' in case
    again = ask("plan", "draft/case.toml", *SEGMENTS, "--json", "--quiet").record
    assert again == record  # the masks that are written are those that were planned


@pytest.mark.slow
@pytest.mark.parametrize("outcome", of_many(["wrong labels", "nothing"], [*CODES]))
def test_h19_each_outcome_leaves_neither_masks_nor_a_plan(
    home: Path, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower_bounds(outcome, monkeypatch)
    words = ("--fhir", "plan.fhir.json", "--engine-log", "engine.log", *SEGMENTS)
    ran = run(home, "totalsegmentator", outcome, *words)
    refusal = refusal_of(ran)
    assert refusal["code"] in CODES[outcome], refusal
    left = {path.name for path in Path().iterdir()}
    assert left - {"engine.log"} == {"home", "bin"}
    if outcome != "hang":  # on a slow computer its version takes all the time
        assert outcome in Path("engine.log").read_text("utf-8")


@pytest.mark.slow
def test_masks_are_not_written_if_their_plan_is_refused(home: Path) -> None:
    words = ("--fhir", "plan.fhir.json", "--vessel", "portal_veins=none.nii.gz")
    assert refusal_of(run(home, "totalsegmentator", "right", *words))["code"] == "file.missing"
    assert {path.name for path in Path().iterdir()} == {"home", "bin"}


@pytest.mark.slow
def test_doubts_of_the_engine_are_findings_of_the_plan(home: Path) -> None:
    pack(np.zeros(nifti(CT).shape), CT, home / "tumour.nii.gz")
    record = run(home, "totalsegmentator", "right", *SEGMENTS).record
    assert record["denominator"] == "measured_liver"  # not of the non-tumorous liver
    assert {"engine.nothing_found", "tumour.not_given"} <= {
        one["code"] for one in record["findings"]
    }


@pytest.mark.slow
def test_h19_the_same_from_python(home: Path) -> None:
    choose(home, "right")
    result = fl_planner.plan(
        ct=CT, engine="nnunet_liver", masks_out="draft", flr=CRLM / "flr.nii.gz", diagnosis="crlm"
    )
    assert result.as_record()["masks"]["liver"]["method"] == "automatic"
    assert Path("draft", "labelmap.nii.gz").is_file()


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--engine", "moose"), "--engine"),
        (("--engine", "moose", "--masks-out", "draft"), "--engine"),
        (("--engine", "moose", "--ct", CT), "--engine"),
        ((CRLM / "case.toml", "--engine", "moose", "--ct", CT, "--masks-out", "d"), "--engine"),
        (("--liver", CRLM / "liver.nii.gz", "--masks-out", "draft"), "--masks-out"),
        (("--liver", CRLM / "liver.nii.gz", "--accept-licence"), "--accept-licence"),
        (("--liver", CRLM / "liver.nii.gz", "--engine-log", "log"), "--engine-log"),
    ],
)
def test_options_of_an_engine_that_do_not_fit(words: tuple[object, ...], option: str) -> None:
    refusal = refusal_of(ask("plan", *words, "--json"))
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", option)
    assert not Path("draft").exists()


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--origin", "manual"), "--origin"),
        (("--earlier", CRLM / "case.toml"), "--earlier"),
        (("--study", "1.2", "--archive", "pacs"), "--study"),
    ],
)
def test_h19_masks_of_an_engine_cannot_be_stated_to_be_drawn(
    words: tuple[object, ...], option: str
) -> None:
    engine = ("--ct", CT, "--engine", "moose", "--masks-out", "draft", "--accept-licence")
    refusal = refusal_of(ask("plan", *engine, *words, "--json"))
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", option)


def test_an_engine_reads_no_array() -> None:
    with pytest.raises(InputRefused) as caught:
        fl_planner.plan(
            ct=fl_planner.Image(np.zeros((4, 4, 4), np.int16), affine=np.eye(4)),
            engine="moose", masks_out="draft",
        )  # fmt: skip
    assert (caught.value.code, caught.value.source) == ("usage.wrong", "--engine")
