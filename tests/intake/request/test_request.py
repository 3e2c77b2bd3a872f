"""What was asked: options over a case file, and masks that were verified in another version."""

import hashlib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.request.of_tables import with_facts
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.transection import Territory
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Accepted, InputFile, Operation, Reading
from fl_planner.trials.statements import Amount, Stated, StatedValue
from fl_planner.workup.plan import make_plan
from tests.cases import sure
from tests.cli.outside import SMALL, finding, told
from tests.niftis import both_forms, nifti_pair
from tests.refusals import refuses

LIVER, FLR, REST = Path("liver.nii"), Path("flr.nii"), Path("rest.nii")
TUMOUR, MAP = Path("tumour.nii"), Path("map.nii")
CASE = Request(
    files=MaskFiles(
        {"liver": LIVER, "tumour": TUMOUR, "flr": FLR},
        {"cyst": Path("cyst.nii")},
        MAP,
        "lits",
        frozenset("1"),
    ),
    ct=Path("ct.nii"),
    id="case-001",
    label="Bed 12",
    diagnosis="crlm",
    operations=(Operation("right hepatectomy"), Operation("left hepatectomy", ("1", "5"))),
    stated=Stated({"ecog": Fraction(1), "cirrhosis": True}, dict.fromkeys(("ecog",), "a.toml")),
    as_of=date(2026, 5, 20),
)


def masks(**roles: Path) -> Request:
    return Request(files=MaskFiles(roles))


def test_nothing_over_a_case_leaves_it() -> None:
    assert CASE.overlaid(Request()) == CASE


def test_a_case_over_nothing_is_it() -> None:
    files_alone = replace(CASE, id=None, label=None)  # which no option can say
    assert Request().overlaid(files_alone) == files_alone


@pytest.mark.parametrize("role", ["flr", "resected"])
def test_a_remnant_by_mask_replaces_the_other_kind_too(role: str) -> None:
    for before in ("flr", "resected"):
        case = replace(CASE, files=MaskFiles({"liver": LIVER, before: FLR}))
        laid = case.overlaid(masks(**{role: REST}))
        assert laid.files.masks == {"liver": LIVER, role: REST}
        assert laid.operations == CASE.operations


def test_h03_a_remnant_by_segments_replaces_that_of_the_first_plan_and_nothing_else() -> None:
    first = Operation(
        "right", ("6", "7"), embolised_segments=("5",), stages=2, clearing_margin_mm=3
    )
    case = replace(CASE, operations=(first, CASE.operations[1]))
    laid = case.overlaid(Request(operations=(Operation(None, ("2", "3")),)))
    assert laid.files.masks == {"liver": LIVER, "tumour": TUMOUR}
    assert laid.operations == (
        structs.replace(first, remnant_segments=("2", "3")),
        CASE.operations[1],
    )
    assert [one.code for one in laid.findings] == ["options.replaced"] * 2  # mask, and the name


def test_segments_and_a_mask_together_are_with_each_other() -> None:
    asked = replace(masks(flr=REST), operations=(Operation(None, ("2", "3")),))
    laid = CASE.overlaid(asked)
    assert laid.files.masks["flr"] == REST
    assert laid.operations[0].remnant_segments == ("2", "3")


def test_no_tumour_and_a_tumour_mask_replace_each_other() -> None:
    none = CASE.overlaid(Request(files=MaskFiles(no_tumour=True)))
    assert (none.files.no_tumour, "tumour" in none.files.masks) == (True, False)
    again = none.overlaid(masks(tumour=REST))
    assert (again.files.no_tumour, again.files.masks["tumour"]) == (False, REST)
    assert none.overlaid(masks(liver=REST)).files.no_tumour is True


def test_a_label_map_takes_its_scheme_along() -> None:
    other = CASE.overlaid(Request(files=MaskFiles(label_map=REST)))
    assert (other.files.label_map, other.files.scheme) == (REST, None)
    named = CASE.overlaid(Request(files=MaskFiles(label_map=REST, scheme="word")))
    assert (named.files.label_map, named.files.scheme) == (REST, "word")
    scheme = CASE.overlaid(Request(files=MaskFiles(scheme="word")))
    assert (scheme.files.label_map, scheme.files.scheme) == (MAP, "word")
    again = CASE.overlaid(Request(files=MaskFiles(label_map=MAP.absolute())))
    assert (again.files.scheme, again.findings) == ("lits", ())


def test_labels_of_one_s_own_go_with_their_map() -> None:
    own = Request(files=MaskFiles(label_map=MAP, labels={1: "liver"}))
    assert own.overlaid(masks(liver=LIVER)).files.labels == {1: "liver"}
    for files in (MaskFiles(label_map=REST), MaskFiles(scheme="word")):
        assert own.overlaid(Request(files=files)).files.labels is None
    again = own.overlaid(Request(files=MaskFiles(label_map=MAP)))
    assert (again.files.labels, again.findings) == ({1: "liver"}, ())


def test_the_rest_is_replaced_entry_by_entry() -> None:
    asked = Request(
        files=MaskFiles(
            {}, {"scar": REST}, absent_segments=frozenset("2"), resample=True, gaps_to_nearest=True
        ),
        ct=REST,
        diagnosis="hcc",
        as_of=date(2026, 6, 1),
    )
    laid = CASE.overlaid(asked)
    assert laid.files.excluded == {"cyst": Path("cyst.nii"), "scar": REST}
    assert laid.files.absent_segments == {"2"}
    assert (laid.files.resample, laid.files.gaps_to_nearest) == (True, True)
    assert (laid.ct, laid.diagnosis, laid.as_of) == (REST, "hcc", date(2026, 6, 1))
    assert (laid.id, laid.label, laid.stated) == (CASE.id, CASE.label, CASE.stated)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (masks(liver=REST), False),
        (Request(files=MaskFiles(label_map=REST)), False),
        (Request(files=MaskFiles(scheme="couinaud")), False),
        (Request(files=MaskFiles({}, {"cyst": REST})), False),
        (Request(ct=REST), False),
        (masks(liver=FLR, flr=LIVER), False),
        (masks(resected=FLR), False),
        (masks(liver=LIVER), True),  # the file of the case file, given again
        (masks(flr=FLR.absolute()), True),
        (Request(ct=Path("ct.nii").absolute()), True),
        (Request(files=MaskFiles({}, {"cyst": Path("cyst.nii").absolute()})), True),
        (Request(files=MaskFiles({}, {"Cyst": Path("cyst.nii")})), True),  # in another spelling
        (Request(files=MaskFiles(label_map=MAP, scheme="lits")), True),
        (Request(files=MaskFiles(label_map=MAP.absolute())), True),  # keeps its scheme
        (Request(files=MaskFiles(label_map=MAP, scheme="word")), False),
        (Request(files=MaskFiles({}, vessels={"portal_veins": REST})), False),
        (Request(spleen=REST), False),
        (Request(territory=Territory(("5",))), False),
        (Request(operations=(Operation(remnant_segments=("2", "3")),)), True),
        (Request(files=MaskFiles(absent_segments=frozenset("1"))), True),
        (Request(stated=Stated({"ecog": Fraction(2)}), centre=Path("centre.toml")), True),
    ],
)
def test_h02_a_finding_accepted_for_one_image_is_not_accepted_for_another(
    options: Request, kept: bool
) -> None:
    seen = (Accepted("segments.side", "R1", "situs inversus"),)
    laid = replace(CASE, accepted=seen).overlaid(options)
    assert laid.accepted == (seen if kept else ())
    told_so = [one.message for one in laid.findings if "accepted" in one.message]
    said = "findings were accepted for the entries of the case file, not for these: segments.side"
    assert told_so == ([] if kept else [said])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (Request(operations=(Operation(remnant_segments=("2", "3")),)), False),
        (Request(cuts=(BranchCut("portal", at_mm=(0.0, 0.0, 0.0)),)), False),
        (Request(stated=Stated({"ecog": Fraction(2)})), False),
        (Request(stated=Stated({"ecog": Fraction(1)})), True),
        (Request(stated=Stated({"cirrhosis": True})), True),  # a further fact
        (Request(stated=Stated({"flr_volume": Amount(Fraction("0.35"), "L")})), True),  # 350 mL
        (Request(stated=Stated({"flr_volume": Amount(Fraction(350), "L")})), False),
        (Request(withdrawn=frozenset({"ecog"})), False),
        (Request(withdrawn=frozenset({"cirrhosis"})), True),  # not in the case file
        (Request(weight_kg=Fraction(290)), False),  # a body size that was not reviewed
        (Request(weight_kg=Fraction(60)), True),
        (Request(height_cm=Fraction(175)), True),  # a further entry
        (Request(diagnosis="hcc"), False),
        (Request(clearing_margin_mm=5.0), False),
        (Request(clearing_margin_mm=10.0), True),  # as in its plan
        (masks(flr=FLR), True),  # its own mask
        (Request(as_of=date(2026, 6, 1)), True),
    ],
)
def test_h02_a_warning_accepted_for_one_remnant_is_not_accepted_for_another(
    options: Request, kept: bool
) -> None:
    """An ablation that a reader plans for a lesion of one remnant is not that of another."""
    side = Accepted("segments.side", "R1", "situs inversus")
    stays = Accepted("flr.lesions_stay", "R1", "will be ablated")
    case = replace(
        CASE,
        accepted=(side, stays),
        stated=Stated({"ecog": Fraction(1), "flr_volume": Amount(Fraction(350), "mL")}),
        diagnosis="crlm",
        weight_kg=Fraction(60),
    )
    laid = case.overlaid(options)
    assert laid.accepted == ((side, stays) if kept else (side,))
    told_so = [one.message for one in laid.findings if "accepted" in one.message]
    said = "findings were accepted for the entries of the case file, not for these: "
    assert told_so == ([] if kept else [f"{said}flr.lesions_stay"])


@pytest.mark.parametrize(
    ("imaging", "facts", "option", "dated", "codes"),
    [
        (17, None, 20, 17, ["date.scan_apart"]),  # the masks are of the scan in the case file
        (17, 19, 20, 17, ["date.scan_apart"] * 2),
        (17, None, 17, 17, []),
        (17, None, None, 17, []),
        (None, None, 20, 20, []),
        (None, 17, 20, 20, ["options.replaced"]),
        (None, 17, 17, 17, []),
    ],
)
def test_h04_facts_given_as_an_option_do_not_date_the_scan_of_a_case_file(
    imaging: int | None, facts: int | None, option: int | None, dated: int, codes: list[str]
) -> None:
    def laid(reading: Reading, day: int | None) -> Request:
        stated = Stated({} if day is None else {"scan_date": date(2031, 5, day)})
        return with_facts(Request(reading=reading), stated)

    on = None if imaging is None else date(2031, 5, imaging)
    case = laid(Reading(phase="portal venous", scanned_on=on), facts)
    done = case.overlaid(laid(Reading(), option))
    assert done.reading == Reading(phase="portal venous", scanned_on=date(2031, 5, dated))
    assert [one.code for one in done.findings] == codes


def test_h15_the_date_of_blood_tests_is_that_of_their_own_source() -> None:
    old, new = date(2031, 1, 5), date(2031, 5, 18)

    def facts(**values: StatedValue) -> Request:
        return Request(stated=Stated(values, dict.fromkeys(values, "facts.json")))

    def test(value: int, on: date | None = None) -> Amount:
        return Amount(Fraction(value), "U/L", on)

    case = facts(labs_date=old, ast=test(30), alt=test(31), inr=Amount(Fraction(1), "1", new))
    laid = case.overlaid(facts(labs_date=new, alt=test(40), ecog=Fraction(1))).stated
    assert laid.values == {
        "ast": test(30, old), "alt": test(40, new), "inr": Amount(Fraction(1), "1", new),
        "ecog": Fraction(1),
    }  # fmt: skip
    assert laid.files.keys() == laid.values.keys()
    undated = case.overlaid(facts(alt=test(40))).stated
    assert (undated.values["alt"], undated.values["ast"]) == (test(40), test(30, old))
    aged = facts(labs_age=Amount(Fraction(2), "d"), alt=test(40))
    assert case.overlaid(aged).stated.values.keys() == {"ast", "alt", "inr"}
    corrected = case.overlaid(facts(labs_date=new)).stated
    assert corrected.values == {**case.stated.values, "labs_date": new}


OLD, NEW = date(2031, 1, 5), date(2031, 5, 18)
ALT, DAYS_2 = Amount(Fraction(30), "U/L"), Amount(Fraction(2), "d")
NOT_USED = (
    "labs_age is not used, as blood tests are given in the case file and by options; give the "
    "date of each test"
)
OTHER_LIMIT = "--facts: alt is set against alt_uln of the case file; give its own alt_uln"
REPLACED = "--facts: labs_date replaces that of the blood tests in the case file"


@pytest.mark.parametrize(
    ("case", "options", "told"),
    [
        ({"alt": ALT, "labs_date": OLD}, {"labs_date": NEW}, [REPLACED]),
        ({"alt": ALT, "labs_date": NEW}, {"labs_date": NEW}, []),
        ({"alt": ALT}, {"labs_date": NEW}, []),
        ({"labs_date": OLD}, {"labs_date": NEW}, []),
        ({"alt": ALT, "labs_date": OLD}, {"alt": ALT, "labs_date": NEW}, []),
        ({"alt": ALT, "labs_date": OLD}, {"alt": ALT, "labs_age": DAYS_2}, [NOT_USED]),
        ({"alt": ALT, "labs_age": DAYS_2}, {"ast": ALT}, [NOT_USED]),
        ({"alt": ALT, "alt_uln": ALT}, {"alt": ALT}, [OTHER_LIMIT]),
        ({"alt_uln": ALT}, {"alt": ALT}, [OTHER_LIMIT]),
        ({"inr_uln": ALT}, {"inr": ALT}, [OTHER_LIMIT.replace("alt", "inr")]),
        ({"alt": ALT, "alt_uln": ALT}, {"alt": ALT, "alt_uln": ALT}, []),
        ({"alt": ALT, "alt_uln": ALT}, {"ast": ALT}, []),
    ],
)
def test_h15_a_date_or_limit_of_other_blood_tests_or_not_used_is_reported(
    case: dict[str, StatedValue], options: dict[str, StatedValue], told: list[str]
) -> None:
    laid = Request(stated=Stated(case)).overlaid(Request(stated=Stated(options)))
    assert [one.message for one in laid.findings] == told


FACTS: dict[str, StatedValue] = {
    "flr_function": Amount(Fraction("2.9"), "%/min/m2"),
    "lung_dose": Amount(Fraction(20), "Gy"),
    "ecog": Fraction(1),
}
SEGMENTS_2_3 = (Operation(remnant_segments=("2", "3")),)
RIGHT = Request(operations=(Operation("right hepatectomy", ("1", "2", "3", "4")),))


@pytest.mark.parametrize(
    ("case", "options", "unused"),
    [
        (RIGHT, Request(operations=SEGMENTS_2_3), ["flr_function"]),
        (masks(flr=REST), Request(operations=SEGMENTS_2_3), ["flr_function"]),
        (RIGHT, masks(flr=REST), ["flr_function"]),
        (Request(), masks(flr=REST), []),  # the function of the only remnant
        (RIGHT, masks(tumour=REST), []),
        (masks(treated=REST), Request(territory=Territory(("5",))), ["lung_dose"]),
        (Request(territory=Territory(("5",))), masks(treated=REST), ["lung_dose"]),
        (Request(), masks(treated=REST), []),
    ],
)
def test_h03_function_of_one_remnant_and_dose_of_one_area_are_not_those_of_another(
    case: Request, options: Request, unused: list[str]
) -> None:
    laid = replace(case, stated=Stated(FACTS)).overlaid(options)
    assert laid.stated.values == {key: one for key, one in FACTS.items() if key not in unused}
    told = [one.message for one in laid.findings if "these facts refer" in one.message]
    assert [one.rpartition(": ")[2] for one in told] == [f"{one} not used" for one in unused]
    again = replace(case, stated=Stated(FACTS)).overlaid(replace(options, stated=Stated(FACTS)))
    assert again.stated == Stated(FACTS)


def test_facts_replace_and_withdraw_facts() -> None:
    asked = Request(stated=Stated({"ecog": Fraction(2)}), withdrawn=frozenset({"cirrhosis"}))
    assert CASE.overlaid(asked).stated == Stated({"ecog": Fraction(2)})


def test_what_is_withdrawn_loses_its_file_too() -> None:
    stated = Stated({"ecog": Fraction(1), "sex": "male"}, {"ecog": "a", "sex": "a"})
    assert stated.without({"ecog", "cirrhosis"}) == Stated({"sex": "male"}, {"sex": "a"})


# masks that were verified


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def verified(tmp_path: Path) -> Request:
    SMALL.write(tmp_path, flr=(0, 2400))
    roles = {"liver": tmp_path / "liver.nii", "flr": tmp_path / "flr.nii"}
    return Request(
        files=MaskFiles(roles, no_tumour=True),
        reading=Reading("R1", "verified"),
        expected_sha256=tuple((role, sha(path)) for role, path in roles.items()),
        case_file=InputFile("case", "case.toml", "toml", "0" * 64),
    )


def found(request: Request) -> tuple[Finding, ...]:
    findings = read_case(request).findings
    return tuple(one for one in findings if not one.code.startswith("identity."))


def test_h12_masks_as_they_were_verified_are_no_finding(verified: Request) -> None:
    assert found(verified) == ()


def test_h12_one_voxel_changed_after_verification_is_an_error(
    verified: Request, tmp_path: Path
) -> None:
    SMALL.file(tmp_path / "flr.nii", SMALL.mask(0, 2401))
    assert found(verified) == (
        Finding(
            "case.mask_changed",
            Severity.ERROR,
            "flr.nii: has changed since it was verified: its SHA-256 differs from that in the "
            "case file",
            "flr.nii",
        ),
    )


def test_h12_another_mask_given_by_an_option_was_not_the_one_verified(
    verified: Request, tmp_path: Path
) -> None:
    other = SMALL.file(tmp_path / "other.nii", SMALL.mask(0, 2400))
    SMALL.file(other, SMALL.mask(0, 2500))
    (one,) = found(verified.overlaid(masks(flr=other)))
    assert (one.code, one.file) == ("case.mask_changed", "other.nii")


def test_h12_hashes_count_for_a_draft_too(verified: Request, tmp_path: Path) -> None:
    SMALL.file(tmp_path / "liver.nii", SMALL.mask(0, 7999))
    draft = replace(verified, reading=Reading("R1", "draft"))
    assert [one.code for one in found(draft)] == ["case.mask_changed"]


@pytest.mark.parametrize(
    ("kept", "named"),
    [((), "liver.nii, flr.nii"), (("liver",), "flr.nii"), (("flr",), "liver.nii")],
)
def test_h12_verified_without_a_hash_is_a_word_only(
    kept: tuple[str, ...], named: str, verified: Request
) -> None:
    hashes = tuple(one for one in verified.expected_sha256 if one[0] in kept)
    (one,) = found(replace(verified, expected_sha256=hashes))
    assert one == Finding(
        "case.verified_without_hashes",
        Severity.WARNING,
        f"case.toml: the status is verified, but no SHA-256 is given for {named}, so a later "
        "change cannot be detected",
        "case.toml",
    )


def test_a_draft_needs_no_hash(verified: Request) -> None:
    for status in ("draft", None):
        bare = replace(verified, reading=Reading("R1", status), expected_sha256=())
        assert found(bare) == ()


def test_a_ct_is_compared_but_needs_no_hash(verified: Request, tmp_path: Path) -> None:
    with_ct = replace(verified, ct=tmp_path / "liver.nii")
    assert found(with_ct) == ()
    hashes = (*verified.expected_sha256, ("ct", "0" * 64))
    (one,) = found(replace(with_ct, expected_sha256=hashes))
    assert (one.code, one.file) == ("case.mask_changed", "liver.nii")


def test_h12_header_and_image_of_a_pair_have_a_hash_each(verified: Request, tmp_path: Path) -> None:
    head, data = nifti_pair(SMALL.mask(0, 2400), **both_forms((5.0,) * 3, (-40.0, -60.0, 30.0)))
    (tmp_path / "pair.hdr").write_bytes(head)
    (tmp_path / "pair.img").write_bytes(data)
    both = tuple(("flr", sha(tmp_path / f"pair.{end}")) for end in ("hdr", "img"))
    files = structs.replace(
        verified.files, masks={**verified.files.masks, "flr": tmp_path / "pair.hdr"}
    )
    liver = verified.expected_sha256[:1]
    pair = replace(verified, files=files, expected_sha256=(*liver, *both))
    assert found(pair) == ()
    for kept, missed in ((both[0], "pair.img"), (both[1], "pair.hdr")):
        (one,) = found(replace(pair, expected_sha256=(*liver, kept)))
        assert (one.code, one.file) == ("case.mask_changed", missed)


def test_h12_a_changed_mask_is_in_every_output(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400))
    (tmp_path / "case.toml").write_text(f"""schema = 1
diagnosis = "crlm"
[masks]
liver = "liver.nii"
flr = "flr.nii"
no_tumour = true
[imaging]
status = "verified"
[imaging.sha256]
liver = "{sha(tmp_path / "liver.nii")}"
flr = "{"0" * 64}"
""")
    for command in ("volume", "plan"):
        record = told(command, tmp_path / "case.toml")
        changed = finding(record, "case.mask_changed")
        assert (changed["severity"], changed["file"]) == ("error", "flr.nii")
        assert record["flr_percent"] == 30.0  # shown, but not to be used


# plans with masks of their own

PLANS = """schema = 1
[masks]
liver = "liver.nii"
no_tumour = true
[[plan]]
name = "drawn"
flr = "flr.nii"
[[plan]]
name = "other"
resected = "resected.nii"
[patient]
height_cm = 180
weight_kg = 80.5
"""


def planned(folder: Path, **files: tuple[int, int]) -> Request:
    SMALL.write(folder, **files)
    (folder / "case.toml").write_text(PLANS)
    return read_case_file(folder / "case.toml")


def test_each_plan_has_its_own_mask(tmp_path: Path) -> None:
    case = read_case(planned(tmp_path, flr=(0, 2400), resected=(2000, 8000)))
    first, second = case.operations
    assert (sure(case.anatomy.flr).voxel_count, case.anatomy.resected) == (2400, None)
    assert (first.name, first.flr, first.resected, second.flr) == ("drawn", None, None, None)
    assert second.resected is not None
    assert second.resected.voxel_count == 6000
    assert second.resected.grid is case.anatomy.liver.grid
    assert [(one.role, one.file) for one in case.inputs] == [
        ("case", "case.toml"),
        ("liver", "liver.nii"),
        ("flr", "flr.nii"),
        ("plan 2 resected", "resected.nii"),
    ]
    assert (case.height_cm, case.weight_kg) == (Fraction(180), Fraction(161, 2))


def test_h16_an_empty_mask_of_a_further_plan_is_a_failed_drawing(tmp_path: Path) -> None:
    with refuses("mask.empty", "resected.nii") as caught:
        read_case(planned(tmp_path, flr=(0, 2400), resected=(0, 0)))
    assert caught.value.reason == "the plan 2 resected mask is empty"


def test_a_remnant_of_the_options_takes_the_mask_of_the_first_plan_away(tmp_path: Path) -> None:
    request = planned(tmp_path, flr=(0, 2400), resected=(2000, 8000))
    assert request.overlaid(Request()).files.planned == request.files.planned
    assert request.overlaid(masks(flr=REST)).files.planned == request.files.planned
    laid = request.overlaid(Request(operations=(Operation(None, ("2",)),)))
    assert (set(laid.files.masks), set(laid.files.planned)) == ({"liver"}, {"plan 2 resected"})


def test_h09_a_weight_in_pounds_is_reported_with_the_case(tmp_path: Path) -> None:
    request = planned(tmp_path, flr=(0, 2400), resected=(2000, 8000))
    assert "body.unlikely" not in {one.code for one in read_case(request).findings}
    pounds = replace(request, weight_kg=Fraction(177))
    assert "body.unlikely" in {one.code for one in read_case(pounds).findings}
    alone = replace(pounds, height_cm=None)
    assert "body.unlikely" not in {one.code for one in read_case(alone).findings}


# what reading gives


def test_a_case_without_an_operation_has_one_without_a_name(verified: Request) -> None:
    case = read_case(verified)
    assert (case.operations, case.ct) == ((Operation(),), None)
    assert [one.role for one in case.inputs] == ["case", "liver", "flr"]


def test_a_plan_comes_with_the_image_of_its_case(verified: Request, tmp_path: Path) -> None:
    made = make_plan(replace(verified, ct=tmp_path / "liver.nii"))
    image = made.case.ct
    assert sure(image).voxels.shape == (22, 22, 22)
    assert made.case.inputs[-1] == InputFile(
        "ct", "liver.nii", "nifti1", sha(tmp_path / "liver.nii")
    )
