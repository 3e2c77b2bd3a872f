"""Files of one case are of one patient and one scan, or refused; doubts are told [H-11]."""

from dataclasses import dataclass

import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.planning.given.identity import Identity, judge_identities


@dataclass(frozen=True)
class File:
    """A file by its name and marks."""

    file: str
    identity: Identity | None


def marked(name: str, **marks: bytes) -> File:
    return File(name, Identity(**marks))


LIVER = marked("liver.dcm", patient=b"p", issuer=b"i", frame=b"f", study=b"s")
SAME = marked("flr.dcm", patient=b"p", issuer=b"i", frame=b"f", study=b"s")
PLAIN = File("flr.nii.gz", None)


def test_one_patient_and_one_scan_is_silent() -> None:
    assert judge_identities([LIVER, SAME]) == ()


def test_one_file_has_nothing_to_be_compared_with() -> None:
    assert judge_identities([]) == judge_identities([LIVER]) == judge_identities([PLAIN]) == ()
    assert judge_identities([PLAIN, PLAIN]) == ()  # header and image of one mask


@pytest.mark.parametrize(
    ("marks", "code", "says"),
    [
        ({"patient": b"q"}, "identity.patients_differ", "another patient than liver.dcm"),
        ({"patient": b"q", "frame": b"f"}, "identity.patients_differ", "another patient"),
        ({"patient": b"p", "issuer": b"j"}, "identity.patients_differ", "another patient"),
        ({"patient": b"p", "frame": b"g"}, "identity.frames_differ", "another scan than liver"),
        ({"frame": b"g"}, "identity.frames_differ", "another scan than liver.dcm"),
    ],
)
def test_h11_two_patients_or_two_scans_are_refused(
    marks: dict[str, bytes], code: str, says: str
) -> None:
    with pytest.raises(InputRefused, match=r"^flr\.dcm: ") as refusal:
        judge_identities([LIVER, PLAIN, marked("flr.dcm", **marks)])
    assert refusal.value.code == code
    assert says in refusal.value.reason


def test_an_issuer_that_one_file_leaves_out_is_no_other() -> None:
    assert judge_identities([LIVER, marked("flr.dcm", patient=b"p", frame=b"f")]) == ()


def test_h04_another_examination_without_a_frame_is_told() -> None:
    (finding,) = judge_identities([LIVER, marked("flr.dcm", patient=b"p", study=b"t")])
    assert (finding.code, finding.severity) == ("identity.studies_differ", Severity.WARNING)
    assert finding.file == "flr.dcm"
    assert judge_identities([LIVER, marked("flr.dcm", patient=b"p", frame=b"f", study=b"t")]) == ()


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([LIVER, PLAIN], "not named in flr.nii.gz"),
        ([LIVER, marked("flr.dcm", frame=b"f")], "not named in flr.dcm"),
        ([PLAIN, File("liver.nii.gz", None)], "none of them says whose it is"),
        ([marked("a.dcm", frame=b"f"), marked("b.dcm", frame=b"f")], "none of them says"),
    ],
)
def test_h11_what_cannot_be_verified_is_told(files: list[File], says: str) -> None:
    (finding,) = judge_identities(files)
    assert (finding.code, finding.severity) == ("identity.not_verified", Severity.INFO)
    assert says in finding.message


def test_marks_are_not_shown() -> None:
    assert repr(LIVER.identity) == "Identity()"
    assert LIVER.identity is not None
    assert LIVER.identity.same_patient(Identity()) == "not available"
    assert LIVER.identity.same_study(Identity(study=b"s")) == "same"
