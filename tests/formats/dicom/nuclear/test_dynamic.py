"""NM files in: frames, heads, times and what is refused, each header changed by hand."""

from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import UID

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides, read_dynamic
from fl_planner.formats.spect import read_spect
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.function.clearance import measure_clearance, measure_study
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.scintigram import Scintigram, count_regions
from sample_data.kinetics import count, expect
from sample_data.nuclear import Phase, dynamic, static, tomo
from tests.cases import by_outcome, each_case
from tests.formats.dicom.dicoms import changed, ct_slice, item, pack, put
from tests.function.studies import BSA_M2, EDGES_S, LIVER, PLANAR, TRUTH, regions
from tests.masks import codes
from tests.niftis import write, write_nifti
from tests.refusals import refuses

HEADS = count(expect(LIVER, PLANAR, EDGES_S), np.random.default_rng(3))
SMALL = {view: frames[:, :4, :3].copy() for view, frames in HEADS.items()}
USUAL = Limits()
Change = Callable[[Dataset], None]


def read(
    folder: Path,
    change: Change | None = None,
    told: StudyOverrides | None = None,
    content: bytes | None = None,
) -> FromFiles[Scintigram]:
    """Read a small dynamic study whose header was changed."""
    path = folder / "dyn.dcm"
    small = dynamic(SMALL, [Phase(36, 10_000)], 9.6)
    path.write_bytes(changed(content or small, change or put()))
    return read_dynamic(path, USUAL, told)


def test_a_study_that_was_written_comes_back(tmp_path: Path) -> None:
    found = read(tmp_path, content=dynamic(HEADS, [Phase(36, 10_000)], 9.6))
    assert (found.given.heads["anterior"] == HEADS["anterior"]).all()
    assert (found.given.heads["posterior"] == HEADS["posterior"]).all()
    assert codes(found.findings) == ["scintigram.decay_not_said"]
    assert (found.inputs[0].role, found.inputs[0].format) == ("dynamic", "dicom-nm-dynamic")
    clearance = measure_study(found.given, regions(), SeriesWindow(), BSA_M2)
    assert float(clearance.per_min_m2 or 0) == pytest.approx(TRUTH, rel=0.04)


@each_case("phases, starts_s, last_mid_s", [
    ([Phase(4, 10_000), Phase(2, 30_000, 500, 20)], [0, 10, 20, 30, 40.5, 70.52], "85.52"),
    # by hand: 0, 10 + 2, 24 + 5 from its end at 22, then each 30 + 1
    ([Phase(2, 10_000, pause_ms=2_000), Phase(2, 30_000, 5_000, 1_000)], [0, 12, 27, 58], "73"),
])  # fmt: skip
def test_h10_frame_times_come_from_the_file_in_ms(
    phases: list[Phase], starts_s: list[float], last_mid_s: str, tmp_path: Path
) -> None:
    """Between two phases is the delay, and no pause."""
    few = {view: frames[: len(starts_s)] for view, frames in SMALL.items()}
    study = read(tmp_path, content=dynamic(few, phases, 9.6)).given
    assert [*map(float, study.starts_s)] == starts_s
    lengths = [10] * (len(starts_s) - 2) + [30, 30]
    assert [*map(float, study.durations_s)] == lengths
    assert study.mid_s[-1] == Fraction(last_mid_s)


def test_h10_frame_times_with_decimals_are_exact(tmp_path: Path) -> None:
    def with_decimals(data: Dataset) -> None:
        phase = data.PhaseInformationSequence[0]
        for tag, text in ((0x00181242, b"9999.6"), (0x00540038, b"0.40"), (0x00540036, b"1.2E2 ")):
            phase[tag] = RawDataElement(Tag(tag), "IS", len(text), text, 0, False, True)

    study = read(tmp_path, with_decimals).given
    assert study.starts_s[:3] == (Fraction("0.12"), Fraction("10.12"), Fraction("20.12"))
    assert set(study.durations_s) == {Fraction("9.9996")}


def test_h10_frames_in_seconds_where_ms_belong_are_refused(tmp_path: Path) -> None:
    full = dynamic(HEADS, [Phase(36, 10_000)], 9.6)
    study = read(tmp_path, in_phase(ActualFrameDuration=10), content=full).given
    with refuses("curve.time_unit", "dyn.dcm", says="the last frame is at 0.355 s") as refusal:
        measure_clearance(count_regions(study, regions()), SeriesWindow())
    assert "export the study again" in refusal.value.remedy


@each_case("injected, begun, late_s, times", [
    ("115600", "120000", "240", 1), ("1156", "120000.250000", "240.25", 1),
    ("120300", "120000", "-180", 1), ("235800", "000130", "210", 1),
    ("", "120000", None, 1), ("115600", "", None, 1), ("12", "120000", None, 1),
    ("115600", "120000", None, 2),  # of two injections no time is taken
])  # fmt: skip
def test_h10_the_time_from_injection_to_record_comes_from_the_file(
    injected: str, begun: str, late_s: str | None, times: int, tmp_path: Path
) -> None:
    def state(data: Dataset) -> None:
        data.AcquisitionTime = begun
        tracers = data.RadiopharmaceuticalInformationSequence
        tracers[0].add_new(0x00181072, "TM", injected)
        tracers.extend([deepcopy(tracers[0])] * (times - 1))

    expected = None if late_s is None else Fraction(late_s)
    assert read(tmp_path, state).given.late_s == expected


@each_case("text, pixel_mm", [
    (b"9.6\\4.8", (9.6, 4.8)), (b"", None), (b"9.6", None), (b"a\\b ", None), (b"0\\4.8 ", None),
])  # fmt: skip
def test_the_size_of_a_pixel_is_that_of_the_file_or_unknown(
    text: bytes, pixel_mm: tuple[float, float] | None, tmp_path: Path
) -> None:
    """It only describes a place: a header without it is not refused."""

    def state(data: Dataset) -> None:
        tag = Tag(0x00280030)
        data[tag] = RawDataElement(tag, "DS", len(text), text, 0, False, True)

    assert read(tmp_path, state).given.pixel_mm == pixel_mm


@pytest.mark.parametrize(
    ("phases", "pause", "says"),
    [
        ([Phase(36, 10_000, 60_000)], 60, "60 s up to 350 s are not covered"),
        # up to 350 s: 17 pauses, each between a frame and the next
        ([Phase(36, 10_000, 0, 10_000)], 10, "170 s up to 350 s are not covered"),
        ([Phase(30, 10_000), Phase(6, 10_000, 1_001)], 1.001, "before the frame at 301.001 s"),
        ([Phase(36, 10_000, 0, 1_000)], None, ""),
        ([Phase(35, 10_000), Phase(1, 10_000, 600_000)], None, ""),  # behind the window
    ],
)
def test_h10_time_without_frames_is_reported(
    phases: list[Phase], pause: float | None, says: str, tmp_path: Path
) -> None:
    found = read(tmp_path, of_decay("NONE"), content=dynamic(SMALL, phases, 9.6)).findings
    assert [(one.code, one.value) for one in found] == [("scintigram.pauses", pause)][: bool(says)]
    for one in found:
        assert says in one.message


def of_decay(said: str | None, listed: str | list[str] | None = None) -> Change:
    """Say whether decay was corrected, and list corrections."""

    def say(data: Dataset) -> None:
        if said is not None:
            data.add_new(0x00541102, "CS", said)
        if listed is not None:
            data.CorrectedImage = listed

    return say


@pytest.mark.parametrize(
    ("said", "listed", "corrected"),
    [
        (None, None, "NONE"), ("NONE", None, "NONE"), ("START", None, "START"),
        ("ADMIN", ["DECY"], "ADMIN"), (None, ["UNIF", "DECY"], "START"), (None, ["UNIF"], "NONE"),
        (None, ["DECY ", "UNIF"], "START"), (None, ["UNIF", " DECY", "NRGY"], "START"),
    ],
)  # fmt: skip
def test_h10_what_the_file_states_of_decay(
    tmp_path: Path, said: str | None, listed: list[str] | None, corrected: str
) -> None:
    assert read(tmp_path, of_decay(said, listed)).given.corrected == corrected


def test_h10_contradictions_on_decay_are_refused(tmp_path: Path) -> None:
    corrected = StudyOverrides(decay_corrected=True)
    for change, told, says in (
        (of_decay("NONE", "DECY"), None, "decay was not corrected, but lists decay correction"),
        (of_decay("NONE"), corrected, "and the key decay_corrected disagree"),
        (of_decay("CANARY"), None, "DecayCorrection in the header is not NONE, START or ADMIN"),
    ):
        with pytest.raises(InputRefused, match=says):
            read(tmp_path, change, told)
    for word, stated in ((True, "START"), (False, "NONE")):  # where the file is silent
        found = read(tmp_path, told=StudyOverrides(decay_corrected=word))
        assert (found.given.corrected, codes(found.findings)) == (stated, [])


def of_kind(kind: str, last: str = "EMISSION") -> Change:
    return put(ImageType=["ORIGINAL", "PRIMARY", kind, last])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("STATIC", "the file is a static study: one image per detector head, without timing"),
        ("WHOLE BODY", "whole-body study"), ("TOMO", "unreconstructed"),
        ("RECON TOMO", "not a dynamic study"), ("GATED TOMO", "a gated, unreconstructed SPECT"),
        ("RECON GATED TOMO", "the file is a gated SPECT, with several images of each slice"),
        ("CANARY", "the file is not marked as a dynamic study"),
    ],
)  # fmt: skip
def test_another_kind_of_study_is_refused_with_the_reason(
    tmp_path: Path, kind: str, told: str
) -> None:
    with refuses("scintigram.kind", says=told) as refusal:
        read(tmp_path, of_kind(kind))
    assert "CANARY" not in str(refusal.value)


def test_a_static_study_of_two_heads_is_no_dynamic_one(tmp_path: Path) -> None:
    path = tmp_path / "static.dcm"
    path.write_bytes(static({v: f[0] for v, f in HEADS.items()}, 10_000, 9.6, "mebrofenin"))
    with refuses("scintigram.kind", says="static study"):
        read_dynamic(path, USUAL)
    path.write_bytes(changed(path.read_bytes(), put(ImageType=["A", "B"])))
    with pytest.raises(InputRefused, match="the file is not marked as a SPECT"):
        read_spect(path, USUAL)


def test_a_ct_is_no_scintigram(tmp_path: Path) -> None:
    def as_ct(data: Dataset) -> None:
        data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")

    with pytest.raises(InputRefused, match="is a CT image, not a scintigram"):
        read(tmp_path, as_ct)


def test_a_spect_stored_as_pet_is_refused_with_its_conversion(tmp_path: Path) -> None:
    data = ct_slice(0)
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
    with refuses("scintigram.kind", says="a PET image, not a scintigram (NM)") as refusal:
        read_spect(write(tmp_path / "pet.dcm", pack(data)), USUAL)
    assert "can be converted to NIfTI" in refusal.value.remedy


def test_a_missing_head_is_refused_unless_it_is_stated(tmp_path: Path) -> None:
    front, back = (
        dynamic({view: SMALL[view]}, [Phase(36, 10_000)], 9.6) for view in ("anterior", "posterior")
    )
    says = "no images from the anterior detector head"
    with refuses("scintigram.head_missing", says=says) as refusal:
        read(tmp_path, content=back)
    assert "views in two files are not combined" in refusal.value.remedy
    found = read(tmp_path, content=back, told=StudyOverrides(one_head=True, decay_corrected=False))
    assert [*found.given.heads] == ["posterior"]
    assert codes(found.findings) == ["function.one_head"]
    for told in (None, StudyOverrides(heads=("anterior", "posterior"))):  # described, not counted
        with pytest.raises(InputRefused, match="no images from the posterior detector head"):
            read(tmp_path, content=front, told=told)


@pytest.mark.parametrize(
    ("codes_of", "angles", "views"),
    [
        (None, (180, 0), ("anterior", "posterior")),
        (None, (-2, 181), ("posterior", "anterior")),
        (None, (179, 359), ("anterior", "posterior")),
        (("R-10214", "R-10206"), (None, None), ("posterior", "anterior")),
        (("ANT", "POST"), (None, None), ("anterior", "posterior")),
    ],
)
def test_heads_by_their_code_or_angle(
    tmp_path: Path,
    codes_of: tuple[str, str] | None,
    angles: tuple[float | None, float | None],
    views: tuple[str, str],
) -> None:
    def say(data: Dataset) -> None:
        for n, head in enumerate(data.DetectorInformationSequence):
            if codes_of is None:
                del head.ViewCodeSequence
                head.StartAngle = angles[n]
            else:
                code = head.ViewCodeSequence[0]
                code.CodeValue = codes_of[n]
                code.CodeMeaning = ("Anterior", "posterior view")[n]
                if codes_of[n].startswith("R-"):
                    code.CodeMeaning = "CANARY"
                del head.StartAngle

    heads = read(tmp_path, say).given.heads
    first, second = (SMALL[view] for view in ("anterior", "posterior"))
    assert (heads[views[0]] == first).all()  # type: ignore[index]
    assert (heads[views[1]] == second).all()  # type: ignore[index]


def test_an_empty_code_of_a_view_is_none_and_the_angle_holds(tmp_path: Path) -> None:
    def empty(data: Dataset) -> None:
        for head, angle in zip(data.DetectorInformationSequence, (0, 180), strict=True):
            head.ViewCodeSequence, head.StartAngle = [Dataset()], angle

    heads = read(tmp_path, empty).given.heads
    assert (heads["posterior"] == SMALL["anterior"]).all()
    assert (heads["anterior"] == SMALL["posterior"]).all()


def _no_angle(data: Dataset) -> None:
    for head in data.DetectorInformationSequence:
        del head.ViewCodeSequence, head.StartAngle


def _oblique(data: Dataset) -> None:
    for head in data.DetectorInformationSequence:
        del head.ViewCodeSequence
        head.StartAngle = 90


def _odd_code(data: Dataset) -> None:
    data.DetectorInformationSequence[0].ViewCodeSequence[0].CodeValue = "1"
    data.DetectorInformationSequence[0].ViewCodeSequence[0].CodeMeaning = "left lateral"


@each_case("change", [_no_angle, _oblique, _odd_code])
def test_heads_that_do_not_state_where_they_look_are_refused(
    tmp_path: Path, change: Change
) -> None:
    says = "does not identify the anterior and the posterior detector head"
    with refuses("scintigram.views", says=says):
        read(tmp_path, change)
    told = StudyOverrides(heads=("posterior", "anterior"))
    assert (read(tmp_path, change, told).given.heads["posterior"] == SMALL["anterior"]).all()


def test_heads_that_are_stated_otherwise_than_the_file_states_are_refused(tmp_path: Path) -> None:
    same = StudyOverrides(heads=("anterior", "posterior"))
    assert read(tmp_path, told=same).given.heads.keys() == {"anterior", "posterior"}
    with refuses("scintigram.views", "dyn.dcm", says='the header and the key "heads" disagree'):
        read(tmp_path, told=StudyOverrides(heads=("posterior", "anterior")))
    with pytest.raises(InputRefused, match="both detector heads are on the same side"):
        read(tmp_path, told=StudyOverrides(heads=("anterior", "anterior")))
    with pytest.raises(InputRefused, match="a detector head has frames but no description"):
        read(tmp_path, told=StudyOverrides(heads=("anterior",)))


def _vector(keyword: str, *, frame: int, value: int) -> Change:
    def change(data: Dataset) -> None:
        numbers = [*data[keyword].value]
        numbers[frame] = value
        setattr(data, keyword, numbers)

    return change


def in_phase(**values: Any) -> Change:
    return lambda data: put(**values)(data.PhaseInformationSequence[0])


NOT_EVERY = "DetectorVector in the header does not have an entry for every frame"


@each_case("change, told", [
    (_vector("TimeSliceVector", frame=0, value=2), "a frame occurs twice"),
    (_vector("DetectorVector", frame=0, value=2), "a frame occurs twice"),
    (_vector("DetectorVector", frame=0, value=0), NOT_EVERY),
    (put(DetectorVector=[1] * 36 + [2] * 35), NOT_EVERY),
    (_vector("PhaseVector", frame=0, value=9), "PhaseVector is 9"),
    (in_phase(ActualFrameDuration=None), "ActualFrameDuration is missing from the header"),
    (put(PhaseInformationSequence=[]), "the frame times are missing"),
    (in_phase(ActualFrameDuration=0), "not above 0"),
    (in_phase(PauseBetweenFrames=-1), "PauseBetweenFrames in the header is below 0"),
    (in_phase(PhaseDelay=-1), "PhaseDelay in the header is below 0"),
    (in_phase(NumberOfFramesInPhase=35), "the times of some frames are not stated"),
    (put(BitsStored=17), "BitsStored in the header does not match the number of bits per pixel"),
    (put(RescaleIntercept=5), "RescaleIntercept in the header is not 0, but counts begin at 0"),
    (put(RescaleSlope=0), "RescaleSlope in the header is not greater than 0"),
])  # fmt: skip
def test_frames_that_do_not_add_up_are_refused(tmp_path: Path, change: Change, told: str) -> None:
    with pytest.raises(InputRefused, match=told):
        read(tmp_path, change)


def test_scaled_and_signed_numbers(tmp_path: Path) -> None:
    half = read(tmp_path, put(RescaleSlope=0.5)).given
    assert not half.counted
    assert (half.heads["anterior"] == SMALL["anterior"] * 0.5).all()
    assert read(tmp_path, put(RescaleSlope=1)).given.counted
    signed = read(tmp_path, put(PixelRepresentation=1)).given
    assert (signed.heads["anterior"] == SMALL["anterior"]).all()


def test_pixels_that_are_full_are_reported(tmp_path: Path) -> None:
    full = {view: frames.copy() for view, frames in SMALL.items()}
    full["anterior"][5, 1, 1], full["posterior"][5, 1, 1] = 65535, 1000
    found = read(tmp_path, content=dynamic(full, [Phase(36, 10_000)], 9.6))
    assert "scintigram.full" in codes(found.findings)


def _two_windows(data: Dataset) -> None:
    """Call every second head a window of scatter."""
    data.NumberOfEnergyWindows = 2
    data.EnergyWindowVector = [1] * 36 + [2] * 36
    data.DetectorVector = [1] * 72
    data.EnergyWindowInformationSequence = [
        item(EnergyWindowRangeSequence=[item(EnergyWindowLowerLimit=a, EnergyWindowUpperLimit=b)])
        for a, b in ((100, 120), (126, 155))
    ]


def test_of_two_energy_windows_that_of_the_nuclide_counts(tmp_path: Path) -> None:
    told = StudyOverrides(one_head=True)
    study = read(tmp_path, _two_windows, told).given
    assert (study.heads["anterior"] == SMALL["posterior"]).all()

    def unknown(data: Dataset) -> None:
        _two_windows(data)
        data.EnergyWindowInformationSequence = []

    with pytest.raises(InputRefused, match=r"0 of 2 energy windows include 140\.5 keV"):
        read(tmp_path, unknown, told)


def _nuclide(code: str, meaning: str) -> Change:
    def change(data: Dataset) -> None:
        found = data.RadiopharmaceuticalInformationSequence[0].RadionuclideCodeSequence[0]
        found.CodeValue, found.CodeMeaning = code, meaning

    return change


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("TC-99M", ""), ("C-999", "TC99M"), ("", "Technetium 99m"), ("", "99-m Tc"), ("", "")],
)
def test_99mtc_as_cameras_write_it_is_read(code: str, meaning: str, tmp_path: Path) -> None:
    study = read(tmp_path, _nuclide(code, meaning)).given
    assert (study.heads["posterior"] == SMALL["posterior"]).all()


def test_another_tracer_and_another_nuclide_are_refused(tmp_path: Path) -> None:
    maa = dynamic(SMALL, [Phase(36, 10_000)], 9.6, "maa")
    with refuses("function.tracer", says="macroaggregated albumin"):
        read(tmp_path, content=maa)
    for code, meaning in (("56609000", "^111^Indium"), ("99MO", "^99^Molybdenum")):
        with pytest.raises(InputRefused, match="the nuclide is not 99mTc"):
            read(tmp_path, _nuclide(code, meaning))
    silent = put(RadiopharmaceuticalInformationSequence=[])
    assert "function.tracer_unknown" in codes(read(tmp_path, silent).findings)
    told = read(tmp_path, silent, StudyOverrides(tracer="mebrofenin"))
    assert "function.tracer_unknown" not in codes(told.findings)


VOLUME = np.arange(5 * 4 * 3, dtype=np.uint16).reshape(5, 4, 3)


def read_tomo(folder: Path, change: Change | None = None) -> Any:
    content = tomo(VOLUME, (4.8, 4.6, 4.4), (-100, -90, -50), "mebrofenin")
    corrected = changed(content, put(CorrectedImage=["UNIF", "ATTN", "SCAT"]))
    path = folder / "spect.dcm"
    path.write_bytes(changed(corrected, change or put()))
    return read_spect(path, USUAL)


def test_a_spect_is_where_its_header_states(tmp_path: Path) -> None:
    image, (source,), findings = read_tomo(tmp_path)
    assert (source.role, source.format, findings) == ("spect", "dicom-nm-tomo", ())
    assert image.grid.affine == ((-4.8, 0, 0, 100), (0, -4.6, 0, 90), (0, 0, 4.4, -50))
    assert (image.voxels == VOLUME.transpose(2, 1, 0)).all()
    image, _, _ = read_tomo(tmp_path, put(SpacingBetweenSlices=-4.4))  # runs the other way
    assert image.grid.affine[2] == (0, 0, 4.4, -50 - 4 * 4.4)
    assert (image.voxels == VOLUME[::-1].transpose(2, 1, 0)).all()
    with pytest.raises(InputRefused, match="SpacingBetweenSlices is missing from the header"):
        read_tomo(tmp_path, lambda d: delattr(d, "SpacingBetweenSlices"))


def test_projections_are_no_spect(tmp_path: Path) -> None:
    kinds = {"TOMO": "unreconstructed", "DYNAMIC": "the file is a dynamic study, not a SPECT"}
    for kind, says in kinds.items():
        with pytest.raises(InputRefused, match=says):
            read_tomo(tmp_path, of_kind(kind))


def test_h17_a_transmission_scan_is_no_study(tmp_path: Path) -> None:
    says = "(attenuation map) without tracer counts"
    with refuses("scintigram.transmission", "dyn.dcm", says=says):
        read(tmp_path, of_kind("DYNAMIC", "TRANSMISSION"))
    with refuses("scintigram.transmission", "spect.dcm", says=says):
        read_tomo(tmp_path, of_kind("RECON TOMO", "TRANSMISSION"))


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (["UNIF", "DECY"], ["scintigram.attenuation"]), ("NRGY", ["scintigram.attenuation"]),
        (["UNIF", "ATTN"], []), ("", ["scintigram.attenuation_not_said"]),
        (["ATTN ", "UNIF"], []), ([" ", " "], ["scintigram.attenuation_not_said"]),
    ],
)  # fmt: skip
def test_h17_a_spect_states_whether_attenuation_was_corrected(
    tmp_path: Path, listed: Any, found: list[str]
) -> None:
    _, _, findings = read_tomo(tmp_path, put(CorrectedImage=listed))
    assert codes(findings) == found


def test_a_spect_may_be_of_another_format(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "spect.nii.gz", np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    image, (source,), _ = read_spect(path, USUAL)
    assert (source.role, source.format) == ("spect", "nifti1")
    assert image.voxels.shape == (2, 3, 4)


@pytest.mark.parametrize("as_dicom", [True, False], ids=["dicom", "nifti"])
def test_a_spect_of_another_tracer_by_the_users_word_is_refused(
    tmp_path: Path, as_dicom: bool
) -> None:
    path = tmp_path / ("spect.dcm" if as_dicom else "spect.nii")
    counts = np.ones((3, 4, 5), np.uint16)
    if as_dicom:
        path.write_bytes(changed(tomo(counts, (5, 5, 5), (0, 0, 0), "mebrofenin"), _nameless))
    else:
        write_nifti(path, counts)
    image, _, odd = read_spect(path, USUAL, tracer="mebrofenin")
    untold = ["scintigram.attenuation_not_said"] * as_dicom
    assert (image.voxels.shape[0] > 0, codes(odd)) == (True, untold)
    with refuses("function.tracer", says="a colloid"):
        read_spect(path, USUAL, tracer="phytate")


def _nameless(data: Dataset) -> None:
    del data.RadiopharmaceuticalInformationSequence


def _range(low: float, high: float) -> Change:
    def change(data: Dataset) -> None:
        (one,) = data.EnergyWindowInformationSequence[0].EnergyWindowRangeSequence
        one.EnergyWindowLowerLimit, one.EnergyWindowUpperLimit = low, high

    return change


CONTRADICTIONS: dict[str, tuple[Change, str, str]] = by_outcome(
    {
        (
            "scintigram.windows",
            "number in EnergyWindowVector is 2, but EnergyWindowInformationSequence gives 1",
        ): {"a window that is not counted": _vector("EnergyWindowVector", frame=3, value=2)},
        ("scintigram.views", "number in DetectorVector is 2, but NumberOfDetectors gives 1"): {
            "heads that are not counted": put(NumberOfDetectors=1)
        },
        ("scintigram.views", "DetectorInformationSequence gives 1"): {
            "heads that are not described": lambda d: d.DetectorInformationSequence.pop()
        },
        ("scintigram.times", "number in PhaseVector is 2, but PhaseInformationSequence gives 1"): {
            "phases that are not counted": put(PhaseVector=([1] * 30 + [2] * 6) * 2)
        },
        ("scintigram.frames", "the frames are ordered by more"): {
            "frames by the beats of a heart": lambda d: d.FrameIncrementPointer.append(0x00540060)
        },
        ("scintigram.times", "times for 40 frames, but there are only 36"): {
            "times of frames that are missing": in_phase(NumberOfFramesInPhase=40)
        },
        ("scintigram.times", "two different frame durations"): {
            "two lengths": put(ActualFrameDuration=20_000)
        },
        ("scintigram.windows", "of 154 to 186 keV does not include the 140.5 keV"): {
            "a window beside the peak": _range(154, 186)
        },
        ("header.value", "ends before it begins"): {"a window from its end": _range(154, 126)},
    }
)


@pytest.mark.parametrize(("change", "code", "says"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_h10_what_contradicts_itself_is_refused(
    change: Change, code: str, says: str, tmp_path: Path
) -> None:
    with refuses(code, says=says):
        read(tmp_path, change)


def test_what_agrees_with_itself_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, put(ActualFrameDuration=10_000)).given.counted
    assert read(tmp_path, _range(126.45, 154.55)).given.counted
    unsaid = read(tmp_path, put(EnergyWindowInformationSequence=[]))
    assert codes(unsaid.findings) == codes(read(tmp_path).findings)


def _stacked_windows(data: Dataset) -> None:
    data.NumberOfEnergyWindows = 2
    data.EnergyWindowVector = [1, 1, 1, 2, 2]
    data.EnergyWindowInformationSequence.append(data.EnergyWindowInformationSequence[0])


SLICES: dict[str, tuple[Change, str]] = {
    "another number of slices": (
        put(NumberOfSlices=4), "the number of slices in the header is 4, not 5",
    ),
    "slices in another order": (
        put(SliceVector=[5, 4, 3, 2, 1]), "the slices are not numbered consecutively from 1 to 5",
    ),
    "two windows": (_stacked_windows, "several energy windows"),
    "a window beside the peak": (
        _range(80, 120), "of 80 to 120 keV does not include the 140.5 keV",
    ),
    "two places": (
        lambda d: d.DetectorInformationSequence.append(
            _placed(d.DetectorInformationSequence[0], [0, 0, 0])
        ),
        "gives two different positions for the slices",
    ),
}  # fmt: skip


def _placed(head: Dataset, place: list[float]) -> Dataset:
    other = deepcopy(head)
    other.ImagePositionPatient = place
    return other


@pytest.mark.parametrize(("change", "says"), SLICES.values(), ids=SLICES)
def test_h01_slices_of_a_spect_that_contradict_are_refused(
    change: Change, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputRefused, match=says):
        read_tomo(tmp_path, change)


def test_h01_a_spect_whose_slices_are_not_as_thick_as_far_apart(tmp_path: Path) -> None:
    _, _, (finding,) = read_tomo(tmp_path, put(SliceThickness=5.5))
    assert finding.code == "geometry.slice_step"
    assert "4.4 mm apart and 5.5 mm thick" in finding.message
