"""The picture of a plan: what is on it, and that it never tells a wrong side."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.transection import Transection
from fl_planner.report.picture.draw.canvas import (
    NOTHING,
    RESEARCH,
    Canvas,
    Font,
    Place,
    Stamp,
    as_printable,
    escape_missing,
    width_px,
    wrap,
)
from fl_planner.report.picture.slices import figure
from fl_planner.report.picture.slices.captions import (
    CONVENTION,
    CT_ENDS,
    NO_CT,
    NO_SIDE,
    choose_findings,
    describe_layer_choice,
    find_entries,
    list_notes,
    name_layer,
)
from fl_planner.report.picture.slices.figure import WIDTH_PX, draw_figure
from fl_planner.report.picture.slices.sections import Picture, Section, cut_sections
from fl_planner.space.grid import Box, Grid, Image
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import TURNS, Turn, turned
from tests.report.phantoms import GRID, LEFT, LIVER, MARK, block

STAMP = Stamp("case 7 · left hepatectomy", "FLR 402 mL = 27.4 % of the non-tumorous liver")
BLANK = Image(np.zeros(GRID.shape, np.int16), 1.0, 40.0, GRID)
LOST = Grid(GRID.shape, Grid.upright(GRID.shape, (3.0, 4.0, 5.0)).affine, placed=False)
RIGHT = Box((14, 3, 2), (36, 27, 22))
NUMBERS = (("FLR", "402 mL, 27.4 % of the non-tumorous liver"), ("Interval", "26.1 to 28.8 %"))


def whole(grid: Grid = GRID, image: Image | None = None, **others: Any) -> Picture:
    """Draw a liver with everything in it."""
    anatomy = Anatomy(
        block("liver", LIVER, grid),
        tumour=block("tumour", MARK, grid),
        treated=block("treated", RIGHT, grid),
        segments={"2": block("s2", LEFT, grid), "5": block("s5", RIGHT, grid)},
    )
    remnant = Remnant(block("flr", LEFT, grid), "drawn")
    return Picture(anatomy, remnant, image, **others)


def sections_of(picture: Picture) -> tuple[Section, ...]:
    return cut_sections(picture, 1400, 600)


def pixels_of(picture: Picture) -> npt.NDArray[np.float64]:
    """Colours of the picture's pixels, [row, column, red green blue], 0 to 1."""
    return np.asarray(imread(BytesIO(draw_figure(picture))), np.float64)[..., :3]


def notes_of(picture: Picture) -> list[str]:
    return [note.text for note in list_notes(picture, sections_of(picture))]


def finding(code: str, severity: Severity) -> Finding:
    return Finding(code, severity, f"liver.nii.gz: {code}")


# --- what is in the sections


def test_parts_are_drawn_as_they_are_counted() -> None:
    anatomy = Anatomy(
        block("liver", LIVER),
        tumour=block("tumour", Box((12, 10, 8), (16, 16, 14))),
        treated=block("treated", Box((20, 0, 0), (40, 30, 24))),
        excluded=(block("gallbladder", Box((30, 3, 2), (36, 9, 22))),),
    )
    remnant = Remnant(block("flr", Box((0, 0, 0), (14, 30, 24))), "drawn")
    axial = sections_of(Picture(anatomy, remnant))[0]
    liver, tumour = axial.parts["liver"], axial.parts["tumour"]
    assert liver.sum() == 32 * 24 - 6 * 6  # without what lies beside it
    assert tumour.sum() == 4 * 6
    assert axial.parts["remnant"].sum() == 10 * 24 - 2 * 6  # in the liver, tumour-free
    assert axial.parts["treated"].sum() == 16 * 24 - 6 * 6


def test_a_tumour_in_what_is_next_to_the_liver_is_not_drawn() -> None:
    anatomy = Anatomy(
        block("liver", LIVER),
        tumour=block("tumour", Box((12, 10, 8), (16, 16, 14))),
        excluded=(block("ivc", Box((15, 10, 2), (17, 16, 22))),),
    )
    assert sections_of(Picture(anatomy))[0].parts["tumour"].sum() == 3 * 6


def test_a_liver_alone_or_with_an_empty_tumour_has_one_part() -> None:
    liver = block("liver", LIVER)
    for tumour in (None, (liver - liver).renamed("tumour")):
        (section, *_) = sections_of(Picture(Anatomy(liver, tumour=tumour)))
        assert set(section.parts) == {"liver"}
        assert section.grey is None


@pytest.mark.parametrize("name", ["tumour", "flr", "lesion", "segment", "cava"])
def test_masks_of_two_grids_are_refused(name: str) -> None:
    other = Grid(GRID.shape, GRID.part(Box((1, 0, 0), (2, 1, 1))).affine)
    odd = block(name, MARK, other)
    liver = block("liver", LIVER)
    with pytest.raises(InputRefused, match=r"not on the grid of liver\.nii\.gz") as caught:
        Picture(
            Anatomy(
                liver,
                tumour=odd if name == "tumour" else None,
                segments={"5": odd} if name == "segment" else {},
                excluded=(odd.renamed("ivc"),) if name == "cava" else (),
            ),
            Remnant(odd, "drawn") if name == "flr" else None,
            lesion=odd if name == "lesion" else None,
        )
    assert caught.value.code == "geometry.grids_differ"


# --- words


def test_layers_are_named_by_their_place() -> None:
    cuts = [section.panel.cut for section in sections_of(Picture(Anatomy(block("liver", LIVER))))]
    assert [*map(name_layer, cuts)] == [
        "Axial, H 75.0 mm",
        "Coronal, A 6.0 mm",
        "Sagittal, L 3.0 mm",
    ]


def test_why_a_layer_was_chosen() -> None:
    picture = whole()
    cuts = [section.panel.cut for section in sections_of(picture)]
    assert {describe_layer_choice(cut, picture) for cut in cuts} == {
        "largest liver section through the tumour"
    }
    picture = whole(lesion=block("lesion", MARK))
    assert (
        describe_layer_choice(cuts[0], picture)
        == "largest liver section through the largest lesion"
    )
    alone = Picture(Anatomy(block("liver", LIVER)))
    assert describe_layer_choice(sections_of(alone)[0].panel.cut, alone) == "largest liver section"


def test_h02_without_a_place_no_side_is_reported() -> None:
    picture = whole(LOST)
    (head, *_) = [name_layer(section.panel.cut) for section in sections_of(picture)]
    assert head == "Slice 17 of 24 along axis 3"
    assert notes_of(picture) == [NO_SIDE]
    assert notes_of(whole()) == [CONVENTION]


def test_a_sagittal_section_is_explained_only_if_it_is_shown() -> None:
    axial, coronal, sagittal = sections_of(whole())
    for shown, told in (((axial,), False), ((axial, coronal), False), ((sagittal,), True)):
        note, *_ = list_notes(whole(), shown)
        assert ("anterior on the left" in note.text) is told
        assert note.text.startswith("Radiological convention: patient's right on the left")


def test_an_oblique_grid_is_stated() -> None:
    c, s = 3 * np.cos(np.radians(10)), 3 * np.sin(np.radians(10))
    grid = Grid(GRID.shape, ((c, -s, 0.0, 0.0), (s, c, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0)))
    picture = whole(grid)
    said = notes_of(picture)[1]
    axes = "the sections follow the scan axes, which are tilted by up to 10.0 degrees"
    assert f"Oblique grid: {axes}" in said
    assert name_layer(sections_of(picture)[0].panel.cut) == "Axial, slice 17 of 24"


def test_what_the_ct_does_not_show_is_stated() -> None:
    assert notes_of(whole(image=BLANK))[1].startswith("CT window: level 60, width 400 HU.")
    short = Image(np.zeros((40, 30, 6), np.int16), 1.0, 0.0, Grid((40, 30, 6), GRID.affine))
    assert CT_ENDS in notes_of(whole(image=short))
    assert CT_ENDS not in notes_of(whole(image=BLANK))
    lost = Image(np.zeros(GRID.shape, np.int16), 1.0, 0.0, LOST)
    assert notes_of(whole(image=lost))[1:] == [NO_CT]
    assert notes_of(whole(LOST, lost))[1:] == notes_of(whole(image=BLANK))[1:]


def test_the_legend_lists_what_is_drawn_and_a_note_what_is_not() -> None:
    picture = whole()
    entries = dict(find_entries(picture, sections_of(picture)))
    assert [*entries] == ["liver", "segments", "tumour", "remnant", "treated"]
    corner = block("corner", Box((4, 3, 2), (6, 5, 4)))  # which no cut meets
    liver = block("liver", LIVER)
    for anatomy, remnant, missed in (
        (Anatomy(liver), Remnant(corner, "segments", ("2", "3")), "future liver remnant (FLR)"),
        (Anatomy(liver, excluded=(corner.renamed("cyst"),)), None, "excluded: cyst"),
    ):
        picture = Picture(anatomy, remnant)
        assert find_entries(picture, sections_of(picture)) == (("liver", "liver"),)
        assert notes_of(picture)[1:] == [f"Not in these sections: {missed}."]
    scar = block("scar", Box((18, 12, 2), (22, 15, 22)))
    picture = Picture(Anatomy(liver, excluded=(scar, corner.renamed("cyst"))))
    assert dict(find_entries(picture, sections_of(picture)))["excluded"] == "excluded: scar"
    assert notes_of(picture)[1:] == ["Not in these sections: excluded: cyst."]
    picture = Picture(Anatomy(block("liver", LIVER), segments={"2": corner}))
    assert find_entries(picture, sections_of(picture)) == (("liver", "liver"),)


FLR, RESECTED = block("flr", LEFT), block("resected", RIGHT)
CARRIED = replace(FLR, file="flr.nii.gz", carried_mm=4.0)
CUT = Transection((CutPlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"),))
REST = Remnant((block("liver", LIVER) - RESECTED).renamed("flr"), "drawn")


@each_case("remnant, parts, made", [
    (Remnant(FLR, "drawn"), {"flr": FLR}, "as drawn"),
    (Remnant(FLR, "segments", ("2", "3")), {}, "segments II, III"),
    (Remnant(CARRIED, "drawn"), {"flr": CARRIED}, "carried over from another scan"),
    (Remnant(CARRIED, "segments", ("2",)), {}, "carried over from another scan, segment II"),
    (Remnant(FLR, "drawn", (), None, CUT), {}, "cut by a plane"),
    (Remnant(FLR, "segments", ("2", "3"), None, CUT), {}, "segments II, III, cut by a plane"),
    (REST, {"resected": RESECTED}, "without the resected part"),
])  # fmt: skip
def test_the_legend_states_how_the_remnant_was_made(
    remnant: Remnant, parts: dict[str, Any], made: str
) -> None:
    picture = Picture(Anatomy(block("liver", LIVER), **parts), remnant)
    label = dict(find_entries(picture, sections_of(picture)))["remnant"]
    assert label == f"future liver remnant (FLR), {made}"


def test_the_gravest_findings_come_first() -> None:
    info, warning, error = Severity.INFO, Severity.WARNING, Severity.ERROR
    given = [finding("a.a", info), finding("b.b", warning), finding("c.c", error)]
    chosen, more = choose_findings(given)
    assert ([f.code for f in chosen], more) == (["c.c", "b.b"], 0)
    given += [finding("d.d", warning), finding("e.e", error), finding("f.f", warning)]
    chosen, more = choose_findings(given)
    assert ([f.code for f in chosen], more) == (["c.c", "e.e", "b.b"], 2)


# --- text that fits


def test_lines_fit_and_lose_nothing() -> None:
    font = Font(8.5)
    text = "the quick brown fox " * 9 + "x" * 200
    lines = wrap(text, font, 400, 20)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_px(line, font) <= 400 for line in lines)


@pytest.mark.slow
def test_a_text_without_end_is_shortened_and_states_this() -> None:
    font = Font(8.5)
    lines = wrap("words " * 999, font, 400, 3)
    assert len(lines) == 3
    assert lines[-1].endswith(" …")
    assert all(width_px(line, font) <= 400 for line in lines)
    assert wrap("", font, 400) == ()
    assert wrap("w" * 50, font, 1.0, 2) == ("w", "w …")


def test_what_the_font_cannot_draw_or_is_read_from_right_to_left_is_its_escape() -> None:
    """A picture is drawn from left to right: such words would stand in the wrong order."""
    for text, printed in (
        ("liver \n\t 肝 $5^2$ 4 ≤ 5", r"liver \u809d $5^2$ 4 ≤ 5"),
        ("e\u0301 a", "é a"),  # one letter, drawn as one
        ("id חו 7", r"id \u05d7\u05d5 7"),
        ("مر\u0651ض", r"\u0645\u0631\u0651\u0636"),
    ):
        assert as_printable(text, Font(8.5)) == printed
    assert as_printable("Płaszcz 🫀", Font(8.5, bold=True)) == r"Płaszcz \U0001fac0"
    assert escape_missing("id חו 病") == "id חו \u200e\\u75c5"  # of a PDF, whose words are turned


# --- the picture itself


def hue(pixels: npt.NDArray[np.float64], colour: tuple[float, ...], off: float = 0.06) -> Any:
    """Find the pixels near a colour."""
    return (np.abs(pixels - np.array(colour)) < off).all(axis=-1)


def panels_in(picture: Picture) -> list[npt.NDArray[np.float64]]:
    """Cut the three panels out of the picture's pixels, by their upper edge."""
    pixels, x, panels = pixels_of(picture), 36, []
    for section in cut_sections(picture, WIDTH_PX - 2 * 36 - 2 * 16, 640):
        width, height = section.panel.size_px
        frame = hue(pixels[:, x : x + width], (0x88 / 255,) * 3, 0.02).mean(axis=1) > 0.9
        top = int(np.flatnonzero(frame)[0])
        panels.append(pixels[top : top + height, x : x + width])
        x += width + 16
    return panels


@pytest.mark.slow
@pytest.mark.parametrize("image", [None, BLANK])
def test_h02_the_mark_is_outlined_left_and_up(image: Image | None) -> None:
    colour = (1.0, 0xA5 / 255, 0x21 / 255) if image else (0xB8 / 255, 0x43 / 255, 0.0)
    for panel in panels_in(whole(image=image)):
        height, width, _ = panel.shape
        rows, columns = np.nonzero(hue(panel, colour))
        assert rows.size > 100
        assert columns.max() < width / 2
        assert rows.max() < height / 2


def test_h02_the_ct_is_under_the_mark() -> None:
    voxels = np.full(GRID.shape, -500, np.int16)
    voxels[block("mark", MARK).box.slices()] = 1000
    image = Image(voxels, 1.0, 0.0, GRID)
    picture = Picture(Anatomy(block("liver", LIVER), tumour=block("tumour", MARK)), image=image)
    for panel in panels_in(picture):
        rows, columns = np.nonzero(hue(panel, (1.0, 0xA5 / 255, 0x21 / 255)))
        middle = panel[(rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2]
        assert (middle == 1.0).all()
        assert (panel[rows.max() + 30, (columns.min() + columns.max()) // 2] == 0.0).all()


def test_the_bar_is_five_centimetres() -> None:
    picture = whole()
    laid = cut_sections(picture, WIDTH_PX - 2 * 36 - 2 * 16, 640)
    for panel, section in zip(panels_in(picture), laid, strict=True):
        dark = hue(panel, (0x22 / 255,) * 3, 0.02)
        longest = max(
            len(run) for row in dark for run in "".join("x" if d else " " for d in row).split(" ")
        )
        assert longest == pytest.approx(50 * section.panel.px_per_mm, abs=2)


@pytest.mark.slow
@pytest.mark.parametrize("way", TURNS[5::14])
def test_how_the_masks_are_stored_does_not_change_a_byte(way: Turn) -> None:
    def picture(turn: bool) -> Picture:
        liver, mark, flr = block("liver", LIVER), block("tumour", MARK), block("flr", LEFT)
        if turn:
            liver, mark, flr = (turned(mask, *way) for mask in (liver, mark, flr))
        return Picture(Anatomy(liver, tumour=mark, segments={"2": flr}), Remnant(flr, "drawn"))

    assert draw_figure(picture(turn=True)) == draw_figure(picture(turn=False))


def test_same_input_same_bytes_whatever_the_users_style() -> None:
    import matplotlib

    picture = whole(image=BLANK, stamp=STAMP, numbers=NUMBERS)
    first = draw_figure(picture)
    own: Any = {"font.family": "serif", "savefig.dpi": 33, "text.antialiased": False}
    with matplotlib.rc_context(own):
        assert draw_figure(picture) == first
        assert matplotlib.rcParams["savefig.dpi"] == 33
    assert b"matplotlib" not in first


def letters_on(picture: Picture, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """List letters of the patient's sides and the edges where they stand, panel by panel."""
    with monkeypatch.context() as patch:
        written = watch_panels(patch)
        draw_figure(picture)
    letters = []
    for text, x, y in written:
        edges = {"left": x, "right": 1 - x, "top": y, "bottom": 1 - y}
        if text in {*"RLAPHF"}:
            letters.append((text, min(edges, key=lambda edge: edges[edge])))
    return letters


def watch_panels(patch: pytest.MonkeyPatch) -> list[tuple[str, float, float]]:
    """List what is written into panels, and where: shares of the width and height."""
    written: list[tuple[str, float, float]] = []
    real = Canvas.write

    def write(self: Canvas, text: str, at: Place, *others: Any, **more: Any) -> None:
        if self.clip is not None:
            written.append((text, at[0] / self.clip.width, at[1] / self.clip.height))
        real(self, text, at, *others, **more)

    patch.setattr(Canvas, "write", write)
    return written


def test_h02_letters_are_at_their_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = ("left", "right", "top", "bottom")
    meant = [pair for panel in ("RLAP", "RLHF", "APHF") for pair in zip(panel, edges, strict=True)]
    assert letters_on(whole(), monkeypatch) == meant
    assert letters_on(whole(image=BLANK), monkeypatch) == meant
    assert letters_on(whole(LOST), monkeypatch) == []  # without a place


def test_everything_given_is_on_a_page_of_1600_pixels() -> None:
    severe = [finding(f"code.{n}", Severity.ERROR) for n in range(2)]
    found = (*severe, *(finding(f"code.w{n}", Severity.WARNING) for n in range(4)))
    small = pixels_of(whole())
    large = pixels_of(whole(stamp=STAMP, numbers=NUMBERS, findings=found))
    assert small.shape[1] == large.shape[1] == WIDTH_PX
    assert large.shape[0] > small.shape[0]
    margin = np.concatenate([large[:, :30].ravel(), large[:, -30:].ravel(), large[-12:].ravel()])
    assert (margin == 1.0).all()


def test_what_to_look_at_first_is_above_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gravest finding comes first, the next ones below it, and the others are counted."""
    said = watch_lines(monkeypatch)
    error, warning = finding("code.e", Severity.ERROR), finding("code.w", Severity.WARNING)
    draw_figure(whole(stamp=STAMP, findings=(warning, error, warning, warning)))
    assert said[:6] == [
        STAMP.case, STAMP.flr,
        "Look at this first: error: liver.nii.gz: code.e",
        "warning: liver.nii.gz: code.w", "warning: liver.nii.gz: code.w",
        "Further findings: 1.",
    ]  # fmt: skip
    assert said[6].startswith("Axial")


def test_a_segments_number_avoids_the_tumour(monkeypatch: pytest.MonkeyPatch) -> None:
    written = watch_panels(monkeypatch)
    liver = block("liver", LIVER)
    draw_figure(Picture(Anatomy(liver, segments={"5": liver})))
    assert next(x for text, x, _ in written if text == "V") == pytest.approx(0.5, abs=0.02)
    right = block("tumour", Box((15, 3, 2), (36, 27, 22)))  # of it, in the picture's left
    draw_figure(Picture(Anatomy(liver, tumour=right, segments={"5": liver})))
    assert [x for text, x, _ in written if text == "V"][3] > 0.6


def test_a_mask_alone_is_enough() -> None:
    tiny = Mask.of("liver", np.ones((1, 1, 1), np.bool_), Grid.upright((1, 1, 1), (1.0, 1.0, 1.0)))
    assert pixels_of(Picture(Anatomy(tiny))).shape[1] == WIDTH_PX
    liver = block("liver", LIVER)  # with a tumour that leaves no room for a segment's number
    most = block("tumour", Box((5, 4, 3), (35, 26, 21)))
    picture = Picture(Anatomy(liver, tumour=most, segments={"5": liver, "6": block("s6", MARK)}))
    assert draw_figure(picture)


def test_lesions_bear_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    written = watch_panels(monkeypatch)
    large = block("tumour", Box((15, 8, 5), (27, 22, 19)))
    small = block("tumour", Box((8, 5, 5), (9, 6, 19)))
    anatomy = Anatomy(block("liver", LIVER), tumour=large | small)
    draw_figure(Picture(anatomy, lesion=large, lesions=(large, small)))
    ones = [(x, y) for s, x, y in written if s == "L1"]
    assert len(ones) == 3  # every cut goes through the large one
    twos = [(x, y) for s, x, y in written if s == "L2"]
    # The axial section shows the small one too, on the patient's left: there is no room in it.
    assert [x > ones[0][0] and y > ones[0][1] for x, y in twos] == [True]
    draw_figure(Picture(anatomy))
    assert len([s for s, _, _ in written if s in ("L1", "L2")]) == 3 + len(twos)


def watch_lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List what is set in lines on the page."""
    said: list[str] = []

    def wrap_and_keep(text: str, *others: Any) -> tuple[str, ...]:
        said.append(text)
        return wrap(text, *others)

    monkeypatch.setattr(figure, "wrap", wrap_and_keep)
    return said


def test_every_picture_states_that_it_is_for_research(monkeypatch: pytest.MonkeyPatch) -> None:
    said = watch_lines(monkeypatch)
    draw_figure(whole(stamp=STAMP, numbers=NUMBERS))
    assert said[:3] == [STAMP.case, STAMP.flr, NOTHING]
    assert {NUMBERS[0][1], CONVENTION} <= set(said)
    assert said[-1] == RESEARCH
    assert "not a cleared device" in RESEARCH


def test_importing_it_loads_no_plotting() -> None:
    import subprocess
    import sys

    figure = "fl_planner.report.picture.slices.figure"
    code = f"import sys, {figure}; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- what lies beside what is counted


def test_excluded_parts_and_vessels_are_drawn_whole_and_named() -> None:
    """A gallbladder half beyond the liver, a cyst in it, a cava that was excluded."""
    bladder = block("gallbladder", Box((30, 1, 2), (36, 9, 22)))
    cyst, cava = block("cyst", Box((5, 12, 2), (8, 15, 22))), Box((18, 3, 2), (20, 5, 22))
    anatomy = Anatomy(
        block("liver", LIVER), excluded=(bladder, cyst, block("inferior_vena_cava", cava)),
        vessels={"hepatic_veins": block("hepatic_veins", Box((20, 10, 2), (21, 14, 22)))},
    )  # fmt: skip
    sections = sections_of(Picture(anatomy))
    assert sections[0].parts["excluded"].sum() == 6 * 8 + 3 * 3
    assert (sections[0].parts["cava"].sum(), sections[0].parts["hepatic"].sum()) == (2 * 2, 1 * 4)
    entries = dict(find_entries(Picture(anatomy), sections))
    assert entries["excluded"] == "excluded: gallbladder, cyst"
    assert (entries["cava"], entries["hepatic"]) == ("inferior vena cava", "hepatic veins")


def test_a_lesion_in_what_leaves_the_liver_is_not_named_where_it_is_not_outlined() -> None:
    lesion = block("tumour", Box((31, 4, 3), (35, 8, 21)))
    bladder = block("gallbladder", Box((30, 3, 2), (36, 9, 22)))
    anatomy = Anatomy(block("liver", LIVER), tumour=lesion, excluded=(bladder,))
    assert sections_of(Picture(anatomy, lesions=(lesion,)))[0].lesions == {}
    whole_liver = replace(anatomy, excluded=())
    assert {*sections_of(Picture(whole_liver, lesions=(lesion,)))[0].lesions} == {"L1"}


def test_many_excluded_parts_are_named_in_part_and_counted() -> None:
    names = ("gallbladder", "cyst", "ablation_zone", "cavity", "scar")
    boxes = [Box((5 + 3 * n, 12, 2), (7 + 3 * n, 15, 22)) for n in range(len(names))]
    excluded = tuple(map(block, names, boxes))
    picture = Picture(Anatomy(block("liver", LIVER), excluded=excluded))
    entries = dict(find_entries(picture, sections_of(picture)))
    assert entries["excluded"] == "excluded: gallbladder, cyst, ablation zone and 2 more"


def test_excluded_parts_and_vessels_have_their_colours_on_the_page() -> None:
    """Bluish green and yellow of Okabe and Ito, as light as a CT asks."""
    cyst, veins = Box((6, 8, 4), (12, 20, 20)), Box((14, 8, 4), (18, 20, 20))
    anatomy = Anatomy(
        block("liver", LIVER), excluded=(block("cyst", cyst),),
        vessels={"hepatic_veins": block("hepatic_veins", veins)},
    )  # fmt: skip
    picture = Picture(anatomy, image=BLANK)
    axial, laid = panels_in(picture)[0], cut_sections(picture, WIDTH_PX - 2 * 36 - 2 * 16, 640)[0]
    for colour, start, stop in (((0xF0, 0xE4, 0x42), 6, 12), ((0x4F, 0xD6, 0xA8), 14, 18)):
        columns = np.flatnonzero(hue(axial, tuple(n / 255 for n in colour)).any(axis=0))
        wide = (stop - start) * 3 * laid.panel.px_per_mm
        assert columns.max() - columns.min() == pytest.approx(wide, abs=4)


def test_halves_of_iv_are_named_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    upper, lower = Box((4, 3, 2), (14, 15, 22)), Box((4, 15, 2), (14, 27, 22))
    anatomy = Anatomy(
        block("liver", LIVER),
        segments={"4": block("s4", LEFT), "8": block("s8", RIGHT)},
        segment_parts={"4a": block("s4a", upper), "4b": block("s4b", lower)},
    )
    assert {*sections_of(Picture(anatomy))[0].segments} == {"IVa", "IVb", "VIII"}
    written = watch_panels(monkeypatch)
    draw_figure(Picture(anatomy))
    assert {"IVa", "IVb", "VIII"} <= {text for text, _, _ in written}
    assert not {"IV", "4a", "8"} & {text for text, _, _ in written}
