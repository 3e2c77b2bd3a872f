"""A case holds what was given; its files belong to the same patient, one scan and one role each."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.overlay import list_fields
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.given.case import (
    Accepted,
    Case,
    InputFile,
    Operation,
    Reading,
    role_of,
)
from fl_planner.planning.given.identity import (
    Identity,
    find_other_day,
    find_same_files,
    find_swapped_files,
    find_two_days,
    judge_identities,
)
from fl_planner.space.mask import Mask
from tests.masks import bar, small_liver
from tests.refusals import refuses

LIVER = InputFile("liver", "liver.nii.gz", "nifti1", "00" * 32)


def test_a_case_of_masks_alone_states_nothing_else() -> None:
    case = Case(small_liver(), (LIVER,))
    assert case.inputs == (LIVER,)
    assert (case.id, case.label, case.diagnosis, case.label_map, case.as_of) == (None,) * 5
    assert (case.findings, case.accepted) == ((), ())
    assert case.operations == (Operation(name=None, remnant_segments=()),)
    assert case.reading == Reading(reader=None, status=None, phase=None, scanned_on=None)
    assert not case.stated.values
    assert not case.resampled


def test_marks_of_whose_a_file_is_are_neither_shown_nor_compared() -> None:
    marked = replace(LIVER, identity=Identity(patient=b"mark"))
    assert marked.identity is not None
    assert repr(marked) == repr(LIVER)
    assert marked == LIVER


def test_two_cases_share_nothing_that_could_be_changed() -> None:
    one, other = Case(small_liver(), ()), Case(small_liver(), ())
    assert one.stated is not other.stated
    assert one.anatomy.segments is not other.anatomy.segments


@pytest.mark.parametrize(
    "noun",
    [Case(small_liver(), ()), LIVER, Operation(), Reading(), Accepted("edge.cut", "R1", "seen"),
     Anatomy(small_liver().liver)],
)  # fmt: skip
def test_nothing_given_can_be_changed(noun: object) -> None:
    with pytest.raises(AttributeError, match=r"immutable|assign"):
        setattr(noun, list_fields(noun)[0], None)


def test_a_plan_has_one_mask_of_its_own_at_most() -> None:
    mask = small_liver().liver
    assert Operation(flr=mask).resected is None
    assert Operation(resected=mask).flr is None
    with refuses("remnant.two_masks"):
        Operation(flr=mask, resected=mask)


def test_the_first_plan_s_mask_has_the_case_s_role() -> None:
    assert [role_of(n, "resected") for n in range(3)] == [
        "resected", "plan 2 resected", "plan 3 resected",
    ]  # fmt: skip


@dataclass(frozen=True)
class File:
    """A file by its name and marks."""

    file: str
    identity: Identity | None


def marked(name: str, **marks: Any) -> File:
    return File(name, Identity(**marks))


MARKED = marked("liver.dcm", patient=b"p", issuer=b"i", frame=b"f", study=b"s")
SAME = marked("flr.dcm", patient=b"p", issuer=b"i", frame=b"f", study=b"s")
PLAIN = File("flr.nii.gz", None)


def test_one_patient_and_one_scan_is_silent() -> None:
    assert judge_identities([MARKED, SAME]) == ()


@pytest.mark.parametrize(
    ("births", "names"),
    [
        ((b"1950", b"1950"), None),
        ((None, b"1950"), None),
        ((None, b"1950", b"1950", b"1961", b"1961"), "4.dcm, 5.dcm"),
    ],
)
def test_h11_one_number_with_two_dates_of_birth_is_doubted(
    births: tuple[bytes | None, ...], names: str | None
) -> None:
    files = [
        File(f"{number}.dcm", Identity(patient=b"p", born=born))
        for number, born in enumerate(births, start=1)
    ]
    told = [one.message for one in judge_identities([PLAIN, *files]) if one.file]
    words = (
        f"{names}: the date of birth in the header differs from that in 2.dcm: check that the "
        "files belong to the same patient"
    )
    assert told == ([] if names is None else [words])


DAYS = (b"5 June", b"4 June")  # of the entered date, and of an examination that ended on it


@pytest.mark.parametrize(
    ("day", "days", "differs"),
    [
        (b"5 June", DAYS, False),
        (b"4 June", DAYS, False),
        (b"3 June", DAYS, True),
        (None, DAYS, False),
        (b"3 June", (), False),  # no date was entered
    ],
)
def test_h11_an_examination_of_a_different_day_is_found(
    day: bytes | None, days: tuple[bytes, ...], differs: bool
) -> None:
    dated = File("ct.dcm", Identity(day=day))
    found = find_other_day([PLAIN, SAME, dated], days, "the entered date of the scan")
    named = [(one.code, one.file) for one in found]
    assert named == [("identity.date_differs", "ct.dcm")] * differs


def test_one_file_has_nothing_to_be_compared_with() -> None:
    assert judge_identities([]) == judge_identities([MARKED]) == judge_identities([PLAIN]) == ()
    assert judge_identities([PLAIN, PLAIN]) == ()  # header and image of one mask


@pytest.mark.parametrize(
    ("marks", "code", "says"),
    [
        ({"patient": b"q"}, "identity.patients_differ", "a different patient from liver.dcm"),
        ({"patient": b"q", "frame": b"f"}, "identity.patients_differ", "a different patient"),
        ({"patient": b"p", "issuer": b"j"}, "identity.patients_differ", "a different patient"),
        ({"patient": b"p", "frame": b"g"}, "identity.frames_differ", "a different scan from liver"),
        ({"frame": b"g"}, "identity.frames_differ", "a different scan from liver.dcm"),
    ],
)
def test_h11_two_patients_or_two_scans_are_refused(
    marks: dict[str, bytes], code: str, says: str
) -> None:
    with pytest.raises(InputRefused, match=r"^flr\.dcm: ") as refusal:
        judge_identities([MARKED, PLAIN, marked("flr.dcm", **marks)])
    assert refusal.value.code == code
    assert says in refusal.value.reason


def test_h11_two_scans_in_one_file_are_refused_with_its_name_once() -> None:
    with refuses("identity.frames_differ") as refusal:
        judge_identities([MARKED, marked("liver.dcm", patient=b"p", frame=b"g")])
    assert str(refusal.value) == (
        "liver.dcm: its structures were drawn on different scans (the frames of reference differ); "
        "export the structures of each scan as a separate file, and give those of one scan"
    )


ON_PORTAL = marked("liver.dcm", patient=b"p", frame=b"f", drawn_on=(b"portal",))
ON_BOTH = marked("flr.dcm", patient=b"p", frame=b"f", drawn_on=(b"portal", b"late"))


@pytest.mark.parametrize(
    ("series", "says"),
    [
        (b"portal", ()),
        (b"late", ("liver.dcm: refers to a different image series from that of ct; ",)),
        (b"early", ("liver.dcm, flr.dcm: refer to a different image series from that of ct; ",)),
        (None, ()),
    ],
)
def test_h04_masks_of_another_series_are_reported(
    series: bytes | None, says: tuple[str, ...]
) -> None:
    image = marked("ct", patient=b"p", frame=b"f", series=series)
    unstated = marked("tumour.dcm", patient=b"p", frame=b"f")
    found = judge_identities([ON_PORTAL, ON_PORTAL, ON_BOTH, unstated, image])
    assert [(one.code, one.severity) for one in found] == [
        ("identity.series_differ", Severity.WARNING) for _ in says
    ]
    for finding, begin in zip(found, says, strict=True):
        assert finding.message.startswith(begin)
        assert finding.file == "liver.dcm"


def test_h04_masks_of_two_series_are_reported_without_a_ct() -> None:
    late = marked("tumour.dcm", patient=b"p", frame=b"f", drawn_on=(b"late",))
    (finding,) = judge_identities([PLAIN, ON_PORTAL, ON_BOTH, late, ON_PORTAL])[:1]
    assert (finding.code, finding.severity) == ("identity.series_differ", Severity.WARNING)
    assert finding.message.startswith(
        "tumour.dcm: refers to a different image series from that of liver.dcm; "
    )
    for innocent in ([ON_PORTAL, ON_BOTH, ON_PORTAL], [ON_BOTH, late], [PLAIN, late]):
        found = judge_identities(innocent)
        assert "identity.series_differ" not in [one.code for one in found]


def test_an_issuer_that_one_file_leaves_out_is_no_other() -> None:
    assert judge_identities([MARKED, marked("flr.dcm", patient=b"p", frame=b"f")]) == ()


def test_h04_another_examination_without_a_frame_is_reported() -> None:
    (finding,) = judge_identities([MARKED, marked("flr.dcm", patient=b"p", study=b"t")])
    assert (finding.code, finding.severity) == ("identity.studies_differ", Severity.WARNING)
    assert finding.file == "flr.dcm"
    assert judge_identities([MARKED, marked("flr.dcm", patient=b"p", frame=b"f", study=b"t")]) == ()


def test_h04_a_file_of_another_date_is_found_next_to_one_of_the_same_name() -> None:
    """As 1.dcm in two folders: the scintigram of before and the SPECT of after the embolisation."""
    files = [marked("1.dcm", day=b"early"), marked("1.dcm", day=b"entered")]
    for each in (files, files[::-1], [*files, *files]):
        (finding,) = find_other_day(each, [b"entered"], "the entered date")
        assert finding.message.startswith("1.dcm: ")
    assert find_other_day([*files[1:], PLAIN, marked("2.dcm")], [b"entered"], "the date") == ()


@pytest.mark.parametrize(
    ("days", "other"),
    [
        ((b"1 May", b"1 May"), None),
        ((b"1 May", b"2 May"), "2.dcm"),
        ((None, b"1 May", b"2 May"), "3.dcm"),
        ((b"1 May", None), None),
        ((None, None), None),
        ((), None),
    ],
)
def test_h11_studies_of_two_days_are_reported(
    days: tuple[bytes | None, ...], other: str | None
) -> None:
    studies = [File(f"{n}.dcm", Identity(day=day)) for n, day in enumerate(days, start=1)]
    found = [(one.code, one.file) for one in find_two_days([PLAIN, *studies])]
    assert found == [("identity.date_differs", other)] * (other is not None)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([MARKED, PLAIN], "identifier in flr.nii.gz"),
        ([MARKED, marked("flr.dcm", frame=b"f")], "identifier in flr.dcm"),
        ([PLAIN, File("liver.nii.gz", None)], "identifier in any file"),
        ([marked("a.dcm", frame=b"f"), marked("b.dcm", frame=b"f")], "identifier in any file"),
    ],
)
def test_h11_what_cannot_be_verified_is_reported(files: list[File], says: str) -> None:
    (finding,) = judge_identities(files)
    assert (finding.code, finding.severity) == ("identity.not_verified", Severity.INFO)
    assert says in finding.message


def test_marks_are_not_shown() -> None:
    assert repr(MARKED.identity) == "Identity()"
    assert MARKED.identity is not None
    assert MARKED.identity.same_patient(Identity()) == "not available"
    assert MARKED.identity.same_study(Identity(study=b"s")) == "same"


ORGAN = bar("liver", 10, 100)
LEFT = bar("flr", 10, 40)


def inputs(**hashes: str) -> tuple[InputFile, ...]:
    return tuple(
        InputFile(role.replace("_", " "), f"{role}.nii", "nifti1", sha)
        for role, text in hashes.items()
        for sha in text.split()
    )


def of(**masks: Mask) -> Anatomy:
    given: dict[str, Any] = {"liver": ORGAN, **masks}
    return Anatomy(**given)


def test_different_files_are_different() -> None:
    assert find_same_files(inputs(liver="a", flr="b"), of(flr=LEFT)) == ()


@pytest.mark.parametrize("role", ["flr", "treated"])
def test_h04_the_liver_given_again_is_reported(role: str) -> None:
    again = bar(role, 10, 100)
    assert find_same_files(inputs(liver="a", **{role: "a"}), of(**{role: again})) == (
        Finding(
            "input.same_file",
            Severity.WARNING,
            f"{role}.nii and liver.nii: the same file was given as liver and as {role}; check "
            "which role requires a different file; if the same file is intended for both, "
            "accept this finding",
            f"{role}.nii",
        ),
    )


def named(role: str, file: str, written: str = "nifti1") -> InputFile:
    return InputFile(role, file, written, "00" * 32)


def test_h04_files_of_tumour_and_flr_that_were_swapped_are_reported() -> None:
    swapped = (LIVER, named("tumour", "P7_FLR.nii.gz"), named("flr", "p7_lesions.nrrd", "nrrd"))
    first, second = find_swapped_files(swapped)
    assert first == Finding(
        "input.swapped",
        Severity.WARNING,
        "P7_FLR.nii.gz: given as the tumour, but named as the FLR; check whether files were "
        "swapped, or rename the file",
        "P7_FLR.nii.gz",
    )
    assert "p7_lesions.nrrd: given as the FLR, but named as the tumour" in second.message
    (removed,) = find_swapped_files([named("resected", "remnant.mha", "metaimage")])
    assert removed.message.startswith("remnant.mha: given as the resected part, but named as the F")
    (specimen,) = find_swapped_files([named("resected", "tumour.nii")])
    assert specimen.message.startswith("tumour.nii: given as the resected part, but named as the t")
    (later,) = find_swapped_files([named("plan 2 flr", "Tumor.nii")])
    assert later.message.startswith("Tumor.nii: given as the FLR, but named as the tumour; ")
    for lesion in ("HCC.nii.gz", "hcc_1.nii.gz", "HCC_01.nii.gz", "CRLM_tumor.nii.gz"):
        assert [*find_swapped_files([named("flr", lesion)])], lesion
    for part in ("resected_liver.nii", "liver_resected.nii"):  # either may be what is removed
        assert [*find_swapped_files([named("flr", part)])], part
    for side in ("left_liver.nii", "P7_right lobe pre PVE.nii", "half liver.nii"):
        (half,) = find_swapped_files([named("liver", side)])
        assert half.message.startswith(
            f"{side}: given as the liver, but named as one side of the l"
        )
    for part in ("flr", "resected"):
        (whole,) = find_swapped_files([named(part, "P7_liver.nii")])
        assert "but named as the whole liver; check whether files were sw" in whole.message
        assert not [*find_swapped_files([named("liver", "liver.nii"), named(part, "liver.nii")])]
    for other, called in (
        ("FLR pre PVE.nii", "FLR"), ("P7_remnant.nii", "FLR"), ("liver_FLR_v2.nii", "FLR"),
        ("Restleber.nii", "FLR"), ("lesions.nii", "tumour"), ("specimen.nii", "resected part"),
        ("kidney_left.nii", "kidney"),
    ):  # fmt: skip
        (no_liver,) = find_swapped_files([named("liver", other)])
        assert no_liver.message.startswith(
            f"{other}: given as the liver, but named as the {called};"
        )
    for arm in (
        "left.nii",
        "P7_left.nii",
        "right_mask.nii",
        "half.nii",
        "liver right after PVE.nii",
    ):
        assert not [*find_swapped_files([named("liver", arm)])], arm
    measured = measure_volumes(Case(small_liver(), swapped))
    assert [one.file for one in measured.findings if one.code == "input.swapped"] == [
        "P7_FLR.nii.gz",
        "p7_lesions.nrrd",
    ]


@pytest.mark.parametrize(
    ("role", "file", "written"),
    [
        ("flr", "flr.nii.gz", "nifti1"),
        ("flr", "mask.nii.gz", "nifti1"),
        ("flr", "left_liver.nii.gz", "nifti1"),
        ("flr", "tumour-free remnant.nii.gz", "nifti1"),
        ("flr", "FLR after resection.nii.gz", "nifti1"),
        ("tumour", "flr_tumour.nii.gz", "nifti1"),
        ("tumour", "liver.nii.gz", "nifti1"),
        ("treated", "tumour.nii.gz", "nifti1"),
        ("tumour", "FLR.seg.nrrd", "seg-nrrd"),
        ("flr", "tumour.dcm", "dicom-seg"),
        ("flr", "array flr", "nifti1"),
        ("flr", "CRLM_12.nii.gz", "nifti1"),
        ("flr", "hcc012.nrrd", "nrrd"),
        ("liver", "liver_after_left_PVE.nii.gz", "nifti1"),
        ("liver", "liver_s23.nii.gz", "nifti1"),
        ("liver", "HCC.nii.gz", "nifti1"),
        ("liver", "liver_RT.nii", "nifti1"),
        ("liver", "left_liver.dcm", "dicom-seg"),
        ("liver", "FLR_liver.nii.gz", "nifti1"),
        ("liver", "liver_tumour.nii.gz", "nifti1"),
        ("liver", "resected_liver.nii", "nifti1"),
        ("liver", "HCC_7.nii.gz", "nifti1"),
        ("liver", "spleen_12.nii.gz", "nifti1"),
        ("liver", "arterial.nii.gz", "nifti1"),
        ("liver", "body.nii.gz", "nifti1"),
        ("liver", "mask.nii.gz", "nifti1"),
    ],
)
def test_a_name_that_leaves_a_doubt_is_not_another_role(role: str, file: str, written: str) -> None:
    assert not [*find_swapped_files([named(role, file, written)])]


def test_the_name_of_a_case_that_its_files_share_is_not_a_role() -> None:
    """As flr/MET01.nii.gz and liver/MET01.nii.gz."""
    liver, flr = (named(role, "MET01.nii.gz") for role in ("liver", "flr"))
    assert not [*find_swapped_files([replace(liver, sha256="11" * 32), flr])]
    assert [*find_swapped_files([liver, flr])]  # one file


def test_a_file_of_one_name_is_named_once() -> None:
    again = replace(bar("flr", 10, 100), file="liver.nii")
    (finding,) = find_same_files(inputs(liver="a", flr="a"), of(flr=again))
    assert finding.message.startswith("liver.nii: the same file was given as liver and as flr;")


@pytest.mark.parametrize(
    ("one", "other"), [("liver", "tumour"), ("liver", "resected"), ("tumour", "flr")]
)
def test_h04_nothing_is_left_of_a_liver_that_is_all_tumour(one: str, other: str) -> None:
    masks = {one: bar(one, 10, 100), other: bar(other, 10, 100)}
    with refuses("input.same_file") as refusal:
        find_same_files(inputs(**{one: "a", other: "a"}), of(**masks))
    assert str(refusal.value) == (
        f"{other}.nii and {one}.nii: the same file was given as {one} and as {other}; check which "
        "role requires a different file"
    )


def test_an_excluded_part_is_a_role_too() -> None:
    cyst = replace(bar("cyst", 10, 40), file="flr.nii")
    anatomy = replace(of(flr=LEFT), excluded=(cyst,))
    (finding,) = find_same_files(inputs(flr="b", exclude_cyst="b"), anatomy)
    assert "given as flr and as exclude cyst" in finding.message


def test_segments_of_one_file_are_not_the_same() -> None:
    # a .seg.nrrd or DICOM SEG holds the liver and its remnant
    assert find_same_files(inputs(liver="a", flr="a"), of(flr=LEFT)) == ()
    shifted = bar("flr", 11, 101)
    assert find_same_files(inputs(liver="a", flr="a"), of(flr=shifted)) == ()


def test_the_same_voxels_of_two_files_are_no_slip_of_the_hand() -> None:
    again = bar("treated", 10, 100)
    assert find_same_files(inputs(liver="a", treated="b"), of(treated=again)) == ()


def copied(one: str, other: str) -> tuple[tuple[InputFile, ...], Anatomy]:
    """Give the same voxels to two roles, of files with different bytes."""
    masks = [replace(bar(name, 30, 50), file=f"{name}.nii") for name in (one, other)]
    excluded = [mask for mask in masks if mask.name not in ("tumour", "flr", "treated", "resected")]
    drawn = {mask.name: mask for mask in masks if mask not in excluded}
    given = tuple(
        InputFile(
            f"exclude {mask.name}" if mask in excluded else mask.name, mask.source, "nifti1", sha
        )
        for mask, sha in zip(masks, "ab", strict=True)
    )
    return given, replace(of(**drawn), excluded=tuple(excluded))


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("tumour", "ablation_zone", "as tumour and as exclude ablation_zone"),
        ("flr", "cavity", "as flr and as exclude cavity"),
        ("cyst", "cavity", "as exclude cyst and as exclude cavity"),
    ],
)
def test_h04_a_copy_of_a_mask_in_a_role_that_excludes_it_is_reported(
    one: str, other: str, says: str
) -> None:
    """A zone of ablation saved from the mask of the tumour: one tissue, counted as both."""
    (finding,) = find_same_files(*copied(one, other))
    assert (finding.code, finding.severity) == ("input.same_file", Severity.WARNING)
    assert finding.message.startswith(
        f"{other}.nii and {one}.nii: the same voxels were given {says}"
    )


def test_h04_nothing_is_left_of_a_remnant_with_the_voxels_of_the_tumour() -> None:
    with refuses("input.same_file", says="the same voxels were given as tumour and as flr"):
        find_same_files(*copied("tumour", "flr"))


@pytest.mark.parametrize(("one", "other"), [("flr", "treated"), ("tumour", "treated")])
def test_roles_that_may_coincide_are_not_compared_by_voxels(one: str, other: str) -> None:
    assert find_same_files(*copied(one, other)) == ()


def test_masks_that_differ_by_one_voxel_are_no_copies() -> None:
    given, anatomy = copied("tumour", "ablation_zone")
    for start, stop in ((30, 51), (31, 51)):
        assert find_same_files(given, replace(anatomy, tumour=bar("tumour", start, stop))) == ()
    with_hole = bar("tumour", 30, 50) - bar("hole", 35, 36)  # in the same box
    assert find_same_files(given, replace(anatomy, tumour=with_hole)) == ()


def test_h13_a_copy_of_a_tree_as_another_tree_is_reported() -> None:
    trees = {name: bar(name, 30, 50) for name in ("portal_veins", "hepatic_veins")}
    given = tuple(InputFile(f"vessel {name}", f"{name}.nii", "nifti1", name) for name in trees)
    (finding,) = find_same_files(given, replace(of(), vessels=trees))
    assert "the same voxels were given as vessel portal_veins and as vessel" in finding.message
    cava = bar("inferior_vena_cava", 30, 50)  # excluded from the liver, and a vessel
    both = (
        InputFile("exclude inferior_vena_cava", "a.nii", "nifti1", "a"),
        InputFile("vessel inferior_vena_cava", "b.nii", "nifti1", "b"),
    )
    anatomy = replace(of(), excluded=(cava,), vessels={"inferior_vena_cava": cava})
    assert find_same_files(both, anatomy) == ()


def test_pairs_are_the_same_when_both_files_are() -> None:
    # the headers of two masks on one grid are often equal
    again = bar("treated", 10, 100)
    assert find_same_files(inputs(liver="h a", treated="h b"), of(treated=again)) == ()
    assert find_same_files(inputs(liver="h a", treated="a h"), of(treated=again))


def test_label_maps_and_cts_are_no_masks() -> None:
    assert find_same_files(inputs(liver="a", labelmap="a", ct="a"), of()) == ()


def test_masks_without_files_and_empty_ones_are_not_compared() -> None:
    assert find_same_files((), of(flr=bar("flr", 10, 100))) == ()
    empty = bar("tumour", 0, 0)
    assert find_same_files(inputs(liver="a", tumour="a"), of(tumour=empty)) == ()
