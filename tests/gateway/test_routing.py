"""Routing files: who may send, which segment is which role, and what is refused."""

from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.basis.findings import InputRefused
from fl_planner.gateway.cases import write_case
from fl_planner.gateway.service import Service
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.documents.gateway_routing_file import Routing, StudyRoute, read_routing
from tests.cases import each_case
from tests.cli.outside import REPOSITORY
from tests.formats.dicom.dicoms import pack, seg
from tests.gateway.gateways import ROUTING, write_files
from tests.refusals import refuses

LISTEN = '[listen]\ntitle = "A"\nport = 11112\ncallers = [{ title = "B" }]\n'
ROUTE = '[[route]]\nname = "r"\n'


def read(folder: Path, text: str) -> Routing:
    return read_routing(write_files(folder, text))


def test_the_file_of_the_tests_is_read(tmp_path: Path) -> None:
    routing = read(tmp_path, ROUTING)
    (route,) = routing.routes
    assert (route.name, route.diagnosis, route.archive) == ("metastases", "crlm", "web")
    assert routing.receiver is not None
    assert routing.receiver.address == "127.0.0.1"
    assert [one.title for one in routing.receiver.callers] == ["VIEWER"]
    assert route.segments is not None
    assert route.segments.roles_of("LEBER ") == ["liver"]
    assert route.segments.roles_of("Herd 3") == ["tumour"]
    assert route.segments.roles_of("Milz") == []


def test_a_folder_is_not_watched_if_each_route_is_for_named_callers(tmp_path: Path) -> None:
    """Its files have no caller: every study would be refused for good."""
    (watched := tmp_path / "exports").mkdir()
    bound = "schema = 1\n" + LISTEN + ROUTE + 'callers = ["B"]\n'

    def watch(text: str) -> None:
        routing, store = write_files(tmp_path, text), tmp_path / "store"
        Service.of(routing, store, 1, lambda _: None, once=True).watch(watched)

    with refuses("routing.no_route") as refused:
        watch(bound)
    assert "without the key callers" in refused.value.remedy
    assert not (tmp_path / "store").exists()
    watch(bound + '[[route]]\nname = "any"\n')


WRONG = {
    "no route": (LISTEN, "route: is missing"),
    "no caller": (
        '[listen]\ntitle = "A"\nport = 1\ncallers = []\n' + ROUTE,
        "listen.callers: name at least one caller",
    ),
    "stranger": (
        LISTEN + ROUTE + 'callers = ["C"]\n',
        "route.0.callers: C is not in listen.callers",
    ),
    "twice": (ROUTE + ROUTE, "route.1.name: another route has this name"),
    "no archives": (ROUTE + 'archive = "web"\n', "route.0.archive: name the archives file as well"),
    "no centre": (ROUTE + 'centre = "none.toml"\n', "route.0.centre: no such file"),
    "vessel": (
        ROUTE + '[route.segments.vessels]\naorta = "A"\n',
        "vessels.aorta: not the name of a vessel",
    ),
    "excluded": (
        ROUTE + '[route.segments.exclude]\nleber = "A"\n',
        "exclude.leber: not a structure that can be excluded",
    ),
    "port": (
        '[listen]\ntitle = "A"\nport = 0\ncallers = [{ title = "B" }]\n' + ROUTE,
        "listen.port: give 1 or more",
    ),
    "half": (
        '[listen]\ntitle = "A"\nport = 1\ncallers = [{ title = "B", host = "h" }]\n' + ROUTE,
        "give both host and port, or neither",
    ),
    "role": (ROUTE + "[route.segments]\nliverr = 'L'\n", "did you mean liver?"),
}


@each_case("text, says", WRONG)
def test_a_wrong_routing_file_is_refused_with_its_key(text: str, says: str, tmp_path: Path) -> None:
    with refuses("routing.unreadable", says=says):
        read(tmp_path, f"schema = 1\n{text}")


def test_an_archive_that_the_archives_file_lacks_is_refused(tmp_path: Path) -> None:
    with refuses("archive.unknown"):
        read(tmp_path, 'schema = 1\narchives = "archives.toml"\n' + ROUTE + 'archive = "wbe"\n')


def routed(folder: Path, segments: str) -> StudyRoute:
    return read(folder, f"schema = 1\n{ROUTE}{segments}").routes[0]


def drawing(folder: Path, *labels: str, name: str = "seg.dcm") -> Path:
    """Write a SEG with these segments, all with the same voxels."""
    path = folder / name
    path.write_bytes(pack(seg(labels=labels)))
    return path


def labels_of(path: Path) -> list[str]:
    return [str(one.SegmentLabel) for one in dcmread(path).SegmentSequence]


def test_segments_are_named_by_their_role_and_all_else_is_unchanged(tmp_path: Path) -> None:
    route = routed(
        tmp_path,
        "[route.segments]\nliver = 'Parenchym'\ntumour = 'Fokus*'\nflr = 'Rest'\n"
        "[route.segments.exclude]\ncyst = 'Blase'\n"
        "[route.segments.vessels]\nportal_veins = 'Baum'\n",
    )
    came = drawing(tmp_path, "parenchym", "Fokus a", "Fokus b", "Rest", "Blase", "Baum", "Magen")
    case = write_case(tmp_path / "case", [came], [], route, "study-1")
    made = case.parent / "drawing-1.dcm"
    assert labels_of(made) == [
        *("Liver", "Tumour 1", "Tumour 2", "FLR", "cyst 1", "portal_veins 1", "Magen")
    ]
    before, after = dcmread(came), dcmread(made)
    for one in (before, after):
        for segment in one.SegmentSequence:
            del segment.SegmentLabel
    assert before == after
    request = read_case_file(case)
    assert request.id == "study-1"
    assert {*request.files.masks} == {"liver", "tumour", "flr"}
    assert {*request.files.excluded} == {"cyst"}
    assert {*request.files.vessels} == {"portal_veins"}


def test_a_drawing_with_known_names_is_used_byte_by_byte(tmp_path: Path) -> None:
    came = drawing(tmp_path, "Liver", "Tumor_1", "FLR")
    case = write_case(tmp_path / "case", [came], [], routed(tmp_path, ""), "study-1")
    assert (case.parent / "drawing-1.dcm").read_bytes() == came.read_bytes()
    assert {*read_case_file(case).files.masks} == {"liver", "tumour", "flr"}


def test_a_drawing_that_cannot_be_renamed_is_refused(tmp_path: Path) -> None:
    """One byte of the type of an element is damaged: the library reads it, but cannot write it."""
    route = routed(tmp_path, "[route.segments]\nliver = 'Parenchym'\n")
    came = drawing(tmp_path, "Parenchym")
    description = b"\x62\x00\x06\x00"
    came.write_bytes(came.read_bytes().replace(description + b"ST", description + b"\xe3T"))
    with refuses("listen.object"):
        write_case(tmp_path / "case", [came], [], route, "study-1")


def test_an_absent_tumour_is_unknown_unless_the_routing_file_states_none(tmp_path: Path) -> None:
    came = drawing(tmp_path, "Liver", "FLR")
    case = write_case(tmp_path / "case", [came], [], routed(tmp_path, ""), "study-1")
    assert not read_case_file(case).files.no_tumour
    stated = routed(tmp_path, "no_tumour = true\n")
    case = write_case(tmp_path / "stated", [came], [], stated, "study-1")
    assert read_case_file(case).files.no_tumour
    with_tumour = drawing(tmp_path, "Liver", "FLR", "Tumour", name="with.dcm")
    case = write_case(tmp_path / "with", [with_tumour], [], stated, "study-1")
    assert not read_case_file(case).files.no_tumour


def test_segments_of_several_drawings_form_one_map(tmp_path: Path) -> None:
    names = ("Liver", "Segment 2", "Segment 3")
    came = [drawing(tmp_path, one, name=f"{one}.dcm") for one in names]
    route = routed(tmp_path, "couinaud = true\n")
    case = write_case(tmp_path / "case", came, [], route, "study-1")
    files = read_case_file(case).files
    assert files.masks == {"liver": case.parent / "drawing-1.dcm"}
    assert files.label_map == case.parent / "segments"
    assert sorted(one.name for one in (case.parent / "segments").iterdir()) == [
        *("drawing-2.dcm", "drawing-3.dcm")
    ]


def require_no_case(
    folder: Path, routing: str, drawings: list[tuple[str, ...]], says: str
) -> InputRefused:
    """Require that drawings with these segments are refused, and that nothing is written."""
    route = routed(folder, routing)
    came = [drawing(folder, *one, name=f"{n}.dcm") for n, one in enumerate(drawings)]
    with refuses("routing.segments", says=says) as caught:
        write_case(folder / "case", came, [], route, "study-1")
    assert not (folder / "case").exists()
    return caught.value


UNCLEAR = {  # names of the segments of each drawing, the routing file, and what is said
    "two livers": ([("Leber", "Leber")], "liver = 'Leber'", "several segments of the study"),
    "in two drawings": ([("Leber",), ("Leber",)], "liver = 'Leber'", "several segments"),
    "two roles": ([("Leber",)], "liver = 'L*'\nflr = 'Leber'", "has several roles"),
    "one left out": (
        [("Leber", "Liver")],
        "liver = 'Leber'",
        "is recognised as liver but is not in the routing file",
    ),
    "tumours": (
        [("Leber", "Herd", "Tumour 2")],
        "liver = 'Leber'\ntumour = 'Herd'",
        "is recognised as tumour but is not in the routing file",
    ),
    "FLR": (
        [("Leber", "FLR")],
        "liver = 'Leber'",
        "is recognised as flr but is not in the routing file",
    ),
    "vessel": (
        [("Leber", "Pfortader", "Portal vein")],
        "liver = 'Leber'\n[route.segments.vessels]\nportal_veins = 'Pfortader'",
        "is recognised as vessel portal_veins but is not in the routing file",
    ),
}


@each_case("drawings, segments, says", UNCLEAR)
def test_h13_a_segment_without_one_clear_role_is_refused(
    drawings: list[tuple[str, ...]], segments: str, says: str, tmp_path: Path
) -> None:
    refusal = require_no_case(tmp_path, f"[route.segments]\n{segments}\n", drawings, says)
    assert "Leber" not in str(refusal)


@each_case(
    "drawings",
    {"one": [("Leber", "Rest", "Tumour")], "two": [("Leber", "Rest"), ("Metastasis S8",)]},
)
def test_h13_a_drawn_tumour_whose_role_is_not_listed_is_never_planned_as_absent(
    drawings: list[tuple[str, ...]], tmp_path: Path
) -> None:
    segments = "no_tumour = true\n[route.segments]\nliver = 'Leber'\nflr = 'Rest'\n"
    says = "is recognised as tumour but is not in the routing file"
    require_no_case(tmp_path, segments, drawings, says)


@each_case(
    "segments, label",
    {
        "by name": ("", "Viable tumour"),
        "listed": ("[route.segments]\nliver = 'Liver'\nflr = 'FLR'\n", "HCC (after TACE)"),
    },
)
def test_h13_no_tumour_is_not_stated_if_an_ignored_segment_may_be_one(
    segments: str, label: str, tmp_path: Path
) -> None:
    says = "may be a tumour, but no_tumour is stated"
    require_no_case(tmp_path, f"no_tumour = true\n{segments}", [("Liver", "FLR", label)], says)


def test_an_ignored_segment_that_denies_a_tumour_does_not_prevent_no_tumour(tmp_path: Path) -> None:
    came = drawing(tmp_path, "Liver", "FLR", "Liver without tumour", "Magen")
    stated = routed(tmp_path, "no_tumour = true\n")
    case = write_case(tmp_path / "case", [came], [], stated, "study-1")
    assert read_case_file(case).files.no_tumour
    unstated = write_case(
        tmp_path / "unstated",
        [drawing(tmp_path, "Liver", "Viable tumour")],
        [],
        routed(tmp_path, ""),
        "study-1",
    )
    assert not read_case_file(unstated).files.no_tumour


def test_unlisted_segments_of_other_roles_are_ignored(tmp_path: Path) -> None:
    route = routed(tmp_path, "no_tumour = true\n[route.segments]\nliver = 'Leber'\n")
    came = drawing(tmp_path, "Leber", "Spleen", "Portal vein", "Resected", "Cyst")
    case = write_case(tmp_path / "case", [came], [], route, "study-1")
    files = read_case_file(case).files
    assert ({*files.masks}, files.excluded, files.vessels) == ({"liver"}, {}, {})
    assert files.no_tumour


def test_segments_of_couinaud_are_a_label_map_where_the_routing_file_asks(tmp_path: Path) -> None:
    names = [f"liver_segment_{n}" for n in range(1, 9)]
    route = routed(tmp_path, 'couinaud = true\nremnant_segments = ["2", "3"]\n')
    case = write_case(tmp_path / "case", [drawing(tmp_path, "Liver", *names)], [], route, "study-1")
    request = read_case_file(case)
    assert request.files.label_map == case.parent / "drawing-1.dcm"
    assert request.operations[0].remnant_segments == ("2", "3")
    with refuses("routing.segments"):
        write_case(tmp_path / "no", [drawing(tmp_path, "Liver")], [], route, "study-1")


def test_contours_are_named_by_their_role_as_well(tmp_path: Path) -> None:
    structure = Dataset()
    structure.ROINumber, structure.ROIName = 1, "Parenchym"
    file = seg()
    del file.SegmentSequence
    file.StructureSetROISequence = [structure]
    came = tmp_path / "contours.dcm"
    came.write_bytes(pack(file))
    route = routed(tmp_path, "[route.segments]\nliver = 'Parenchym'\n")
    case = write_case(tmp_path / "case", [came], [], route, "study-1")
    made = dcmread(BytesIO((case.parent / "drawing-1.dcm").read_bytes()))
    assert made.StructureSetROISequence[0].ROIName == "Liver"


def test_the_file_of_the_how_to_is_read(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "how-to" / "listen.md").read_text("utf-8")
    for name in ("archives.toml", "routing.toml"):
        text = page.split(f"```file {name}\n")[1].split("```")[0]
        (tmp_path / name).write_text(text, "utf-8")
    routing = read_routing(tmp_path / "routing.toml")
    assert [one.name for one in routing.routes] == ["liver metastases"]
    assert routing.receiver is not None
    assert routing.receiver.callers[1].port == 104
    assert routing.archives["pacs"].name == "pacs"
