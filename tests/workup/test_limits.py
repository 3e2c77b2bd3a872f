"""At the limits: counts decide, and no text says the other side (H-08, H-15, H-16)."""

import re
from fractions import Fraction
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest

from tests.cases import of_many
from tests.cli.outside import FINE, SMALL, Record, ask, codes, finding, told
from tests.record.planned import flat

SIDES = {-1: "below", 0: "at", 1: "above"}


def side(value: Fraction, limit: Fraction) -> int:
    return (value > limit) - (value < limit)


@pytest.fixture(scope="module")
def liver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a liver of 1 000 000 voxels without its tumour: one is 0.0001 % of it."""
    return with_tumour(tmp_path_factory.mktemp("fine"))


def with_tumour(folder: Path) -> Path:
    """Write the liver, and a tumour beside it."""
    FINE.file(folder / "liver.nii", FINE.mask(0, FINE.voxels))
    FINE.file(folder / "tumour.nii", FINE.beside())
    return folder


def with_flr(liver: Path, voxels: int) -> list[str]:
    path = liver / f"flr_{voxels}.nii"
    if not path.exists():
        FINE.file(path, FINE.mask(0, voxels))
    return [*masks_of(liver), "--flr", str(path)]


def masks_of(liver: Path) -> list[str]:
    return ["--liver", str(liver / "liver.nii"), "--tumour", str(liver / "tumour.nii")]


NEAR = [299_600, 299_999, 300_000, 300_001, 399_999, 400_000, 400_001, 499_999, 500_001]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "voxels"),
    of_many([*zip(cycle(("volume", "plan")), NEAR[1:8])], [*product(("volume", "plan"), NEAR)]),
)
def test_h08_the_shown_percentage_stays_on_its_side_of_every_limit(
    command: str, voxels: int, liver: Path
) -> None:
    masks = with_flr(liver, voxels)
    record = told(command, *masks)
    exact = Fraction(100 * voxels, FINE.voxels)
    shown = Fraction(record["flr_percent_shown"])
    for limit in (30, 40, 50):
        assert side(shown, Fraction(limit)) == side(exact, Fraction(limit))
        assert side(Fraction(str(record["flr_percent"])), Fraction(limit)) == side(
            exact, Fraction(limit)
        )
    shares = {"plan": "FLR {} % = ", "volume": "FLR of the non-tumorous liver: {} %"}
    assert shares[command].format(record["flr_percent_shown"]) in flat(ask(command, *masks).out)


DIAGNOSES, BELOW = ["crlm", "hcc", "other", None], [299_999, 300_000, 399_999, 499_999]


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("diagnosis", "voxels"),
    of_many([*zip(DIAGNOSES, BELOW, strict=True)], [*product(DIAGNOSES, BELOW)]),
)
def test_h08_no_answer_contradicts_the_percentage_next_to_it(
    diagnosis: str | None, voxels: int, liver: Path
) -> None:
    """For every diagnosis: thresholds, criteria and evidence against the exact share."""
    masks = with_flr(liver, voxels)
    options = ["--diagnosis", diagnosis] if diagnosis else []
    record = told("plan", *masks, *options)
    assert record["flr_percent_shown"] == told("volume", *masks)["flr_percent_shown"]
    exact = Fraction(voxels, FINE.voxels)
    for limit in record["thresholds"]:
        value = Fraction(str(limit["limit_percent"])) / 100
        assert limit["answer"] == SIDES[side(exact, value)]
        assert side(Fraction(str(limit["distance_ml"])), Fraction(0)) == side(exact, value)
        low, high = record["ratios"]["flr"]["interval_percent"]
        assert limit["inside_interval"] is (low <= limit["limit_percent"] <= high)
    for trial in record["trials"]:
        for criterion in trial["criteria"]:
            for part in criterion.get("parts", [criterion]):
                check_evidence(part, exact)


def check_evidence(part: Record, exact: Fraction) -> None:
    for told_ in part["evidence"].split("; "):
        if told_.startswith("FLR "):
            shown = Fraction(told_.split()[1])
            assert all(
                side(shown, Fraction(limit)) == side(100 * exact, Fraction(limit))
                for limit in (30, 40)
            )


WITHIN = "is within 0.1 percentage points of 30 %:"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("voxels", "told_"),
    [
        (299_998, "29.9998 % {near} 2 voxels (0.002 mL) below"),
        (299_999, "29.9999 % {near} 1 voxel (0.001 mL) below"),
        (300_000, "30.0 % is exactly 30 %"),
        (300_001, "30.0001 % {near} 1 voxel (0.001 mL) above"),
    ],
)
def test_h08_one_voxel_is_never_reported_as_none(voxels: int, told_: str, liver: Path) -> None:
    masks = [*with_flr(liver, voxels), "--diagnosis", "crlm", "--chemo-damage", "no"]
    record = told("plan", *masks)
    message = finding(record, "threshold.by_a_hair")["message"]
    assert message == f"DRAGON 2 (NCT05428735), inclusion 1: FLR {told_.format(near=WITHIN)}"
    assert "0.00 mL" not in str(record)
    assert "0.00 mL" not in ask("plan", *masks).out


CHEMO = {  # clinical.md 10.2, row by row
    "299_999": {"no": "met", "yes": "met", "unknown": "met"},
    "300_000": {"no": "not_met", "yes": "met", "unknown": "unknown"},
    "300_001": {"no": "not_met", "yes": "met", "unknown": "unknown"},
    "350_000": {"no": "not_met", "yes": "met", "unknown": "unknown"},
    "399_999": {"no": "not_met", "yes": "met", "unknown": "unknown"},
    "400_000": {"no": "not_met", "yes": "not_met", "unknown": "not_met"},
    "400_001": {"no": "not_met", "yes": "not_met", "unknown": "not_met"},
}
PATHWAYS = {"met": "pve_or_pve_hve", "not_met": "no_growth_needed",
            "unknown": "depends_on_chemo_damage"}  # fmt: skip


AT_LIMITS = [("299_999", "no"), ("300_000", "no"), ("350_000", "unknown"), ("399_999", "yes"),
             ("400_000", "yes"), ("400_000", "unknown")]  # fmt: skip


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("voxels", "damage"), of_many(AT_LIMITS, [*product(CHEMO, ("no", "yes", "unknown"))])
)
def test_h15_dragon_2_by_volume_at_30_and_40(voxels: str, damage: str, liver: Path) -> None:
    """Both limits are strict: exactly 30 % is not below 30 %, with damage exactly 40 % is not."""
    masks = with_flr(liver, int(voxels))
    record = told("plan", *masks, "--diagnosis", "crlm", "--chemo-damage", damage)
    (inclusion,) = (one for one in record["trials"][0]["criteria"] if one["id"] == "I1")
    answer = CHEMO[voxels][damage]
    assert inclusion["parts"][0]["answer"] == answer
    assert record["pathway"]["name"] == PATHWAYS[answer]
    asked = "chemo_liver_damage" in record["pathway"]["to_ask"]
    assert asked is (answer == "unknown")


def test_h15_unknown_damage_at_35_shows_both_branches(liver: Path) -> None:
    pathway = told("plan", *with_flr(liver, 350_000), "--diagnosis", "crlm")["pathway"]
    assert (pathway["name"], pathway["row"]) == ("depends_on_chemo_damage", "V10")
    assert pathway["to_ask"] == ["chemo_liver_damage", "flr_function", "prior_pve_hve"]
    assert "if present, FLR below 40 % (DRAGON 2): FLR augmentation" in pathway["headline"]
    assert "if absent, FLR volume not below 30 % (DRAGON 2)" in pathway["headline"]


def test_h15_had_chemotherapy_is_not_damage(liver: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"prior_systemic_therapy_crc": true, "cirrhosis": true}')
    masks = with_flr(liver, 350_000)
    pathway = told("plan", *masks, "--diagnosis", "crlm", "--facts", facts)["pathway"]
    assert pathway["name"] == "depends_on_chemo_damage"


@pytest.mark.parametrize(
    ("treated", "excluded"), [(700_001, "met"), (700_000, "unknown"), (699_999, "not_met")]
)
def test_h15_rescue_is_undecided_at_exactly_30_percent_untreated_and_flags_it(
    treated: int, excluded: str, liver: Path
) -> None:
    path = FINE.file(liver / "treated.nii", FINE.mask(0, treated) | FINE.beside())
    facts = liver / "facts.json"
    facts.write_text('{"treated_covers_tumour": true}')
    masks = [*masks_of(liver), "--treated", path, "--facts", facts]
    record = told("plan", *masks, "--diagnosis", "hcc")
    (criterion,) = (one for one in record["trials"][4]["criteria"] if one["id"] == "E2")
    assert criterion["answer"] == excluded
    exact = Fraction(1_000_000 - treated, 10_000)
    assert side(Fraction(record["untreated_percent_shown"]), Fraction(30)) == side(
        exact, Fraction(30)
    )
    flagged = any(code.startswith("borderline.") for code in codes(record))
    assert flagged is (treated == 700_000)


FUNCTION = {  # typed: exceeds 2.67, lies from 2.67 to 2.70, as it is shown
    "2.6": (False, False, "2.6"),
    "2.66": (False, False, "2.66"),
    "2.6699": (False, False, "2.6699"),
    "2.669999999": (False, False, "2.669999999"),
    "2.67": (False, True, "2.67"),
    "2.670": (False, True, "2.67"),
    "2.6700001": (True, True, "2.6700001"),
    "2.671": (True, True, "2.671"),
    "2.69": (True, True, "2.69"),
    "2.70": (True, True, "2.7"),
    "2.7000001": (True, False, "2.7000001"),
    "2.71": (True, False, "2.71"),
    "3": (True, False, "3"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed", of_many(["2.669999999", "2.670", "2.6700001", "2.70", "2.7000001"], [*FUNCTION])
)
def test_h08_function_near_its_limits(typed: str, liver: Path) -> None:
    exceeds, band, shown = FUNCTION[typed]
    options = ["--diagnosis", "crlm", "--chemo-damage", "no", "--flr-function", typed]
    small = told("plan", *with_flr(liver, 200_000), *options)
    enough = told("plan", *with_flr(liver, 600_000), *options)
    assert small["function"]["shown"] == shown
    assert (enough["pathway"]["name"] == "no_growth_needed") is exceeds
    assert (enough["pathway"]["name"] == "function_below_limit") is not exceeds
    for record, discordant in ((small, exceeds), (enough, not exceeds)):
        assert ("discordance.volume_function" in codes(record)) is discordant
        assert ("borderline.function_limit" in codes(record)) is band
        word = "exceeds" if exceeds else "does not exceed"
        said = [text for text in record["pathway"]["reasons"] if text.startswith("FLR function, ")]
        assert len(said) == 1
        assert word in said[0]
        number = Fraction(said[0].removeprefix("FLR function, ").split()[0])
        for limit in ("2.67", "2.7"):
            assert side(number, Fraction(limit)) == side(Fraction(typed), Fraction(limit))


def test_h08_a_share_entered_in_volumes_decides_exactly_too(tmp_path: Path, liver: Path) -> None:
    """Without masks of them: 300 of 1000 mL is 30 %, and not below it."""
    facts = tmp_path / "facts.json"
    facts.write_text('{"flr_volume": {"value": 300, "unit": "mL"}}')
    masks = [*masks_of(liver), "--facts", facts]
    record = told("plan", *masks, "--diagnosis", "crlm", "--chemo-damage", "no")
    assert record["pathway"]["name"] == "no_growth_needed"
    facts.write_text('{"flr_volume": {"value": 299.999999, "unit": "mL"}}')
    record = told("plan", *masks, "--diagnosis", "crlm", "--chemo-damage", "no")
    assert record["pathway"]["name"] == "pve_or_pve_hve"
    assert "30.0 %" not in " ".join(record["pathway"]["reasons"])


# H-16: nothing read as zero


@pytest.fixture(scope="module")
def unsaid(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Liver and FLR of 20 %, and no word on the tumour."""
    return SMALL.write(tmp_path_factory.mktemp("unsaid"), flr=(0, 1600), treated=(1600, 8000))


@pytest.mark.parametrize("diagnosis", ["crlm", "hcc"])
def test_h16_without_a_word_on_the_tumour_no_limit_is_answered(
    diagnosis: str, unsaid: list[str]
) -> None:
    record = told("plan", *unsaid, "--diagnosis", diagnosis, "--chemo-damage", "no")
    assert record["thresholds"] == []
    assert (record["pathway"]["name"], record["pathway"]["row"]) == ("tumour_needed", "V6a")
    assert "--no-tumour" in record["pathway"]["headline"]
    assert finding(record, "tumour.not_given")["severity"] == "info"
    assert "tumour" not in record["voxels"]
    assert "lesions" not in record
    assert record["denominator"] == "measured_liver"
    assert imaging(record) == {"I1": "unknown", "E2": "unknown"}
    told_ = [c["evidence"] for trial in record["trials"] for c in trial["criteria"]]
    assert not any(re.search(r"(FLR|treated area) \d", evidence) for evidence in told_)


def imaging(record: Record) -> dict[str, Any]:
    """Answers of DRAGON 2 to the volume and of RESCUE to the untreated liver."""
    first, last = record["trials"][0], record["trials"][4]
    volume = {one["id"]: one for one in first["criteria"]}["I1"]["parts"][0]["answer"]
    untreated = {one["id"]: one for one in last["criteria"]}["E2"]["answer"]
    return {"I1": volume, "E2": untreated}


def test_h16_a_tumour_mask_or_its_denial_answers_all(unsaid: list[str], tmp_path: Path) -> None:
    options = [*unsaid, "--diagnosis", "crlm", "--chemo-damage", "no"]
    assert imaging(told("plan", *options)) == {"I1": "unknown", "E2": "unknown"}
    facts = tmp_path / "facts.json"
    facts.write_text('{"treated_covers_tumour": true}')
    drawn = SMALL.file(tmp_path / "tumour.nii", SMALL.mask(7600, 8000))
    record = told("plan", *options, "--tumour", drawn, "--facts", facts)
    assert imaging(record) == {"I1": "met", "E2": "met"}
    assert record["pathway"]["name"] == "pve_or_pve_hve"
    assert [limit["answer"] for limit in record["thresholds"]] == ["below", "below"]
    without = [*unsaid, "--diagnosis", "other", "--no-tumour", "--facts", facts]
    assert imaging(told("plan", *without)) == {"I1": "met", "E2": "met"}


def test_h16_a_volume_entered_for_the_tumour_is_a_word_on_it(
    unsaid: list[str], tmp_path: Path
) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"tumour_volume": {"value": 10, "unit": "mL"}}')
    record = told("plan", *unsaid, "--diagnosis", "crlm", "--facts", facts)
    assert record["pathway"]["name"] == "pve_or_pve_hve"
    assert record["thresholds"] == []  # distances in voxels are those of masks


def test_h16_without_a_remnant_nothing_is_stated_of_it(tmp_path: Path) -> None:
    record = told("plan", *SMALL.write(tmp_path, tumour=(7600, 8000)), "--diagnosis", "crlm")
    assert record["pathway"]["name"] == "flr_needed"
    assert record["ratios"] == {}
    assert not any(key.startswith("flr") for key in (*record, *record["voxels"]))
