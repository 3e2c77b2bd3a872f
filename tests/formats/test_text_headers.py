"""NRRD and MetaImage, voxels under a header that is text: what holds of both.

Rules N1 and M1 of safety.md as far as they agree, and F1, F2, F4-F7 where they are the door.
What one format alone says stands in a file of its own.
"""

import gzip
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.read import list_files, read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels import geometry
from fl_planner.formats.voxels.values import Holds
from fl_planner.space.common_grid.same_grid import bring_together
from tests.cases import each_case, how_many
from tests.formats.opening import (
    ROWS,
    SHAPE,
    VOXELS,
    block,
    read,
    require_number,
    require_refusal,
    require_right,
    require_warning,
    try_read,
    whole,
)
from tests.formats.text_headers import KINDS, META, NRRD, Format
from tests.niftis import nifti, sform, write
from tests.nrrds import RAS_TO_SPACE, Rows, placed, stored

sitk: Any = import_module("SimpleITK")  # its calls are untyped
DTYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")


EACH = pytest.mark.parametrize("form", [NRRD, META], ids=lambda form: form.name)


# exact and silent


@EACH
@each_case("kind, end", product(KINDS, ["\n", "\r\n"]))
def test_one_file(form: Format, kind: str, end: str, tmp_path: Path) -> None:
    file = require_right(form.whole(tmp_path, kind, end=end))
    assert [(one.file, one.format) for one in file.inputs] == [(form.file, form.name)]


@pytest.mark.essential
@pytest.mark.slow
@EACH
@each_case("dtype, order, kind", product(DTYPES, "<>", KINDS))
def test_types_and_byte_orders(
    form: Format, dtype: str, order: str, kind: str, tmp_path: Path
) -> None:
    path = form.whole(tmp_path, kind, voxels=block(dtype, 3), order=order)
    assert require_right(path).labelled.labels == (3,)


DATA_NAMES = [
    "liver.raw", "./liver.raw", "a/b/liver.zraw", "a/../liver.raw", "my liver.raw",
    "liver 100%.raw", "100%done.raw", "a\\b c.raw", "\u00fc.raw",
]  # fmt: skip


@pytest.mark.essential
@pytest.mark.slow
@EACH
@each_case("named, kind", product(DATA_NAMES, KINDS))
def test_data_in_a_file_next_to_or_below(
    form: Format, named: str, kind: str, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir(exist_ok=True)
    at = named.replace("\\", "/")
    path = form.detached(tmp_path, named, kind=kind, at=at)
    file = require_right(path)
    assert [one.file for one in file.inputs] == [form.header, Path(at).name]
    header, data = list_files(path, Limits())
    assert (header, data.resolve()) == (path, (tmp_path / at).resolve())
    assert len({one.sha256 for one in file.inputs}) == 2
    assert {one.format for one in file.inputs} == {form.name}


@EACH
def test_a_detached_header_may_end_anyhow(form: Format, tmp_path: Path) -> None:
    path = form.detached(tmp_path)
    content = path.read_bytes().rstrip()
    for end in (b"", b" \t", b"\n", b"\r\n \n", b"\n \r\n"):
        require_right(write(path, content + end))


@EACH
def test_one_slice_and_raw_data_that_begin_like_gzip(form: Format, tmp_path: Path) -> None:
    require_right(form.whole(tmp_path, voxels=block()[:, :, 1:2]), voxels=6, ml=0.18)
    voxels = np.full((2, 2, 2), 0x8B1F, "u2")
    voxels[1] = 0
    path = form.detached(tmp_path, content=stored(voxels), voxels=voxels)
    assert read(path).labelled.labels == (0x8B1F,)


@EACH
@each_case("kind", ["raw", "text"])
def test_gzipped_as_a_whole(form: Format, kind: str, tmp_path: Path) -> None:
    content = gzip.compress(form.content(kind), mtime=0)
    require_right(write(tmp_path / f"{form.file}.gz", content))
    says = "gzipped, although its name does not end in .gz"
    require_warning(write(tmp_path / form.file, content), "gzip.name", says)


# warn and go on


@EACH
def test_h02_h06_without_space_or_origin_the_place_is_undetermined(
    form: Format, tmp_path: Path
) -> None:
    kept = read(form.whole(tmp_path))
    for fields, code, says in form.placeless:
        lost = require_warning(form.whole(tmp_path, **fields), code, says)
        assert not lost.grid.placed
        with pytest.raises(InputRefused, match="does not state its position in the patient"):
            bring_together([whole(kept), whole(lost)])


UNITS = {
    "um": 1000.0, "\u00b5m": 1000.0, "Micron": 1000.0, "micrometers": 1000.0, "m": 0.001,
    "metres": 0.001, "cm": 0.1, "decimetres": 0.01, "nm": 1e6, "inch": 1 / 25.4,
    "Inches": 1 / 25.4, "in": 1 / 25.4,
}  # fmt: skip


@EACH
@each_case("unit, by", UNITS.items())
def test_h01_units_are_converted(form: Format, unit: str, by: float, tmp_path: Path) -> None:
    rows = [[edge * by for edge in row] for row in ROWS]
    path = form.whole(tmp_path, rows=rows, **form.in_unit(unit))
    require_warning(path, "geometry.unit_converted", f"lengths in {unit} were converted to mm")


@EACH
def test_h01_an_undefined_unit_and_a_sheared_grid_are_reported(
    form: Format, tmp_path: Path
) -> None:
    path = form.whole(tmp_path, **form.in_unit("furlong"))
    require_warning(path, "geometry.unit_undefined", "read as mm")
    rows: Rows = [[2.0, 0, 0, 0], [0, 3, 1, 0], [0, 0, 5, 0]]
    require_warning(form.whole(tmp_path, rows=rows), "geometry.sheared", "gantry tilt")


@EACH
@each_case("skipped", [1, 37, 3 << 20])
def test_bytes_before_raw_voxels(form: Format, skipped: int, tmp_path: Path) -> None:
    data = b"\x01" * skipped + stored(block())
    says = "bytes before the voxel data were skipped, as stated in the header"
    for said in (str(skipped), "-1"):
        path = form.detached(tmp_path, content=data, **{form.skip: said})
        require_warning(path, f"{form.name}.skip", says)
    path = form.whole(tmp_path, data=data, **{form.skip: "-1"})
    require_warning(path, f"{form.name}.skip", says)


@EACH
def test_bytes_after_gzip_are_reported(form: Format, tmp_path: Path) -> None:
    for tail in (b"\0", b"rubbish" * 9):
        path = form.whole(tmp_path, "packed", data=gzip.compress(stored(block())) + tail)
        require_warning(path, "gzip.trailing_bytes", "bytes follow the end")


@EACH
@each_case("name", ["liver.nii", "liver.img", "LIVER.DCM"])
def test_a_name_of_another_format(form: Format, name: str, tmp_path: Path) -> None:
    other = {NRRD.name: META, META.name: NRRD}[form.name]
    for one in (name, other.file):
        says = f"{form.called} whose name ends in"
        require_warning(write(tmp_path / one, form.content()), "file.name", says)


# refuse


@EACH
@each_case("kind, sizes", product(KINDS, ["6 5 3", "6 5 5", "5 5 4", "7 5 4"]))
def test_h14_sizes_and_bytes_that_do_not_fit(
    form: Format, kind: str, sizes: str, tmp_path: Path
) -> None:
    few = np.prod([int(size) for size in sizes.split()]) > block().size
    code = "header.too_few_bytes" if few else "header.too_many_bytes"
    said = {form.sizes: sizes}
    require_refusal(form.whole(tmp_path, kind, **said), code, "")
    path = form.detached(tmp_path, kind=kind, **said)
    require_refusal(path, code, "its data file liver.raw: ")


@EACH
def test_h14_gzipped_twice(form: Format, tmp_path: Path) -> None:
    path = write(tmp_path / f"{form.file}.gz", gzip.compress(form.content("packed")))
    require_refusal(path, "gzip.twice", "the gzipped file contains compressed data")
    write(path, gzip.compress(form.content(**{form.skip: "-1"})))
    says = "position of the voxel data is counted from the end of the file, which is gzipped"
    require_refusal(path, "header.skip", says)


OUTSIDE = "the data file is outside the folder of the header"
DATA_FILES = {
    "missing": ("lost.raw", "file.data_missing", "its data file lost.raw is missing: no such file"),
    "missing below": ("a/lost.raw", "file.data_missing", "lost.raw"),
    "absolute": ("/etc/passwd", "file.data_outside", "absolute"),
    "absolute on Windows": ("C:\\liver.raw", "file.data_outside", "absolute"),
    "a share": ("\\\\host\\liver.raw", "file.data_outside", "absolute"),
    "outside": ("../liver.raw", "file.data_outside", OUTSIDE),
    "outside in the middle": ("a/../../b/liver.raw", "file.data_outside", OUTSIDE),
    "outside and back": ("../folder/liver.raw", "file.data_outside", OUTSIDE),
    "outside by backslash": ("..\\liver.raw", "file.data_outside", OUTSIDE),
    "list": ("LIST", "file.data_list", "several files"),
    "list of 2-D files": ("LIST 2", "file.data_list", "several files"),
    "list with its files": ("LIST\na.raw\nb.raw", "file.data_list", "several files"),
    "pattern": ("liver%03d.raw 1 4 1", "file.data_list", "several files"),
    "itself": ("HEADER", "file.data_itself", "names itself"),
    "itself through a dot": ("./HEADER", "file.data_itself", "names itself"),
    "folder": ("a", "file.folder", "its data file a: a folder was given"),
    "empty": ("empty.raw", "file.empty", "its data file empty.raw: the file is empty (0 bytes)"),
}


@EACH
@each_case("said, code, says", DATA_FILES)
def test_other_data_files(form: Format, said: str, code: str, says: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True, exist_ok=True)
    (folder / "empty.raw").touch()
    write(tmp_path / "liver.raw", stored(block()))
    write(folder / "liver.raw", stored(block()))
    path = form.detached(folder, said.replace("HEADER", form.header), content=b"")
    assert "passwd" not in str(require_refusal(path, code, says))


@EACH
def test_a_link_loop_and_a_link_to_itself_as_data(form: Format, tmp_path: Path) -> None:
    (tmp_path / "loop.raw").symlink_to("loop.raw")
    path = form.detached(tmp_path, "loop.raw", content=b"")
    require_refusal(path, "file.unreadable", "loop.raw: the file cannot be opened")
    (tmp_path / "same.raw").symlink_to(form.header)
    path = form.detached(tmp_path, "same.raw", content=b"")
    require_refusal(path, "file.data_itself", "names itself")


@EACH
def test_a_data_file_that_is_damaged_names_the_header(form: Format, tmp_path: Path) -> None:
    data = bytearray(form.stored("packed"))
    data[-5 if form is NRRD else -1] ^= 1  # its checksum
    path = form.detached(tmp_path, kind="packed", content=bytes(data))
    says = f"its data file liver.raw: the {form.packing} data are damaged"
    require_refusal(path, f"{form.packing}.damaged", says)


@EACH
def test_limits_are_judged_before_anything_is_unpacked(form: Format, tmp_path: Path) -> None:
    content = form.content("packed", voxels=block("f8"))
    path = write(tmp_path / form.file, content[:-9])
    for code, limits in {
        "limit.voxels": Limits(voxels=119),
        "limit.unpacked": Limits(unpacked_bytes=959),
        "limit.file_size": Limits(stored_bytes=99),
    }.items():
        require_refusal(path, code, "the limit is", limits=limits)
    exact = Limits(voxels=120, unpacked_bytes=960)
    require_number(read(write(path, content), limits=exact))


@EACH
def test_a_header_without_an_end_is_not_believed(
    form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geometry, "LAST_HEADER", 10_000)
    content = form.content(data=b"", **{form.data: "@"})
    endless = content[: content.rindex(b"\n", 0, content.index(b"@")) + 1] + form.comment * 2000
    path = write(tmp_path / form.file, endless)
    require_refusal(path, "header.no_end", "the header does not end within 10000 bytes")


@EACH
def test_images_given_as_masks_and_values_that_no_mask_holds(form: Format, tmp_path: Path) -> None:
    image = np.arange(120, dtype="i2").reshape(SHAPE)
    require_refusal(form.whole(tmp_path, voxels=image), "values.image", "more than 10")
    path = form.whole(tmp_path, voxels=block() + block()[::-1])
    require_refusal(path, "labels.several", "2 labels", "flr", Holds.ONE_LABEL)


@EACH
def test_an_image(form: Format, tmp_path: Path) -> None:
    values = np.arange(-60, 60, dtype="i2").reshape(SHAPE)
    path = form.whole(tmp_path, voxels=values, order=">")
    image, inputs, findings = read_image(path, "ct", Limits())
    assert np.array_equal(image.voxels, values)
    assert (image.slope, image.inter, image.file) == (1.0, 0.0, form.file)
    assert [(one.role, one.file, one.format) for one in inputs] == [("ct", form.file, form.name)]
    assert findings == ()
    for fields, code, _ in form.placeless:
        _, _, (finding,) = read_image(form.whole(tmp_path, voxels=values, **fields), "ct", Limits())
        assert finding.code == code
    for kind, says in (("packed", "data end too early"), ("raw", "before its last voxel")):
        write(path, form.content(kind, voxels=values)[:-1])
        with pytest.raises(InputRefused, match=says):
            read_image(path, "ct", Limits())


# every bit and every length


def flip(content: bytes, bit: int) -> bytes:
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


@pytest.mark.slow
@EACH
def test_h14_every_bit_of_the_packed_data_flipped(form: Format, tmp_path: Path) -> None:
    content = form.content("packed")
    harmless = 0
    for bit in range(8 * (len(content) - len(form.stored("packed"))), 8 * len(content)):
        file = try_read(write(tmp_path / form.file, flip(content, bit)))
        if isinstance(file, str):
            assert file.startswith(f"{form.file}: ")
            continue
        harmless += 1
        require_number(file)
        assert file.findings == ()
    assert 0 < harmless < form.harmless_bits


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("kind", ["raw", "packed"])
def test_h14_every_bit_of_the_header_flipped(form: Format, kind: str, tmp_path: Path) -> None:
    voxels = block("i2")
    content = form.content(kind, voxels=voxels)
    for bit in range(8 * (len(content) - len(form.stored(kind, voxels)))):
        file = try_read(write(tmp_path / form.file, flip(content, bit)))
        if isinstance(file, str):
            assert file.startswith(f"{form.file}: ")
            continue
        # a number in the header may have become another; the voxels are those of the file
        assert whole(file).voxel_count == VOXELS


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("kind", KINDS)
def test_h14_every_length(form: Format, kind: str, tmp_path: Path) -> None:
    content = form.content(kind, voxels=block("i2")).rstrip(b"\n")
    codes = set()
    for length in range(len(content)):
        with pytest.raises(InputRefused) as refused:
            read(write(tmp_path / form.file, content[:length]))
        assert str(refused.value).startswith(f"{form.file}: ")
        codes.add(refused.value.code)
    assert {"file.empty", "file.format"} <= codes


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("kind", KINDS)
def test_h14_every_length_of_a_data_file(form: Format, kind: str, tmp_path: Path) -> None:
    voxels = block("i2")
    content = form.stored(kind, voxels).rstrip(b"\n")
    path = form.detached(tmp_path, kind=kind, voxels=voxels)
    for length in range(len(content)):
        write(tmp_path / "liver.raw", content[:length])
        with pytest.raises(InputRefused) as refused:
            read(path)
        assert str(refused.value).startswith(f"{form.header}: its data file liver.raw: ")


# properties


@st.composite
def lattices(draw: st.DrawFn) -> tuple[npt.NDArray[Any], list[list[float]]]:
    """Draw voxels and an upright place of them, axes in any order and direction."""
    shape = draw(st.tuples(*[st.integers(1, 5)] * 3))
    bits = draw(st.lists(st.booleans(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    voxels = np.array(bits).reshape(shape).astype("u1")
    order = draw(st.permutations(range(3)))
    rows = [[0.0] * 4 for _ in range(3)]
    for axis, row in enumerate(order):
        edge = draw(st.sampled_from([0.7, 0.8, 0.9765625, 1.25, 2.5, 5.0]))
        rows[row][axis] = edge * draw(st.sampled_from([-1, 1]))
        rows[row][3] = draw(st.integers(-400, 400)) / 8
    return voxels, rows


@pytest.mark.slow
@EACH
@settings(max_examples=how_many(40, 100))
@given(
    drawn=lattices(),
    space=st.sampled_from(sorted(RAS_TO_SPACE)),
    kind=st.sampled_from(KINDS),
    dtype=st.sampled_from(DTYPES),
    order=st.sampled_from("<>"),
)
def test_the_same_mask_as_nifti(
    tmp_path_factory: pytest.TempPathFactory,
    form: Format,
    drawn: tuple[npt.NDArray[Any], list[list[float]]],
    space: str,
    kind: str,
    dtype: str,
    order: str,
) -> None:
    voxels, rows = drawn
    if not voxels.any() or voxels.all():
        return
    folder = tmp_path_factory.mktemp("same")
    fields = placed(rows, space) if form is NRRD else {}
    path = form.whole(folder, kind, voxels=voxels.astype(dtype), rows=rows, order=order, **fields)
    ours = whole(read(path))
    theirs = whole(read(write(folder / "liver.nii", nifti(voxels, **sform(rows)))))
    assert ours.grid == theirs.grid
    one, other = bring_together([ours, theirs])
    assert one.box == other.box
    assert np.array_equal(one.voxels, other.voxels)
    assert (ours.volume_ml, ours.exact_ml) == (theirs.volume_ml, theirs.exact_ml)


@pytest.mark.slow
@EACH
@settings(max_examples=how_many(40, 100))
@given(noise=st.binary(max_size=300), share=st.floats(0, 1))
def test_no_bytes_break_it(
    tmp_path_factory: pytest.TempPathFactory, form: Format, noise: bytes, share: float
) -> None:
    path = tmp_path_factory.mktemp("noise") / form.file
    good = form.content("packed")
    at = round(share * (len(good) - len(form.stored("packed"))))
    first = good[: good.index(b"\n") + 1]
    for content in (first + noise, good[:at] + noise, good[:at] + noise + good[at:]):
        file = try_read(write(path, content))
        assert not isinstance(file, str) or file.startswith(f"{form.file}: ")


# a second engine

CORNERS = ((0, 0, 0), (5, 4, 3), (1, 2, 3))


def require_places_of(image: Any, path: Path) -> None:
    """Hold a silent file against the same as SimpleITK has it: voxels, and where they lie."""
    file = read(path)
    assert file.findings == ()
    seen = sitk.GetArrayFromImage(image).transpose(2, 1, 0) != 0
    assert np.array_equal(whole(file).as_array(), seen)
    for index in CORNERS:
        there = np.array(image.TransformIndexToPhysicalPoint(index)) * [-1, -1, 1]
        assert file.grid.places_mm(np.array([index]))[0] == pytest.approx(there, abs=1e-9)


@EACH
@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("pixel", [sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkFloat64])
def test_files_of_simpleitk(
    form: Format, beside: bool, compressed: bool, pixel: int, tmp_path: Path
) -> None:
    image = sitk.Cast(sitk.GetImageFromArray(block().transpose(2, 1, 0)), pixel)
    image.SetDirection(sitk.Euler3DTransform((0, 0, 0), 0.3, -0.2, 0.5).GetMatrix())
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-120.25, 33.1, 900.7))
    path = tmp_path / (form.header if beside else form.file)
    sitk.WriteImage(image, str(path), useCompression=compressed)
    require_places_of(image, path)
    require_number(read(path), ml=12 * 0.7 * 0.8 * 2.5 / 1000)


@pytest.mark.essential
@pytest.mark.slow
@EACH
@each_case("kind, space, dtype", product(KINDS, RAS_TO_SPACE, ["u1", "i2", "f8"]))
def test_simpleitk_reads_the_same(
    form: Format, kind: str, space: str, dtype: str, tmp_path: Path
) -> None:
    rows = [[0.0, 0.8, 0.0, -3.5], [-0.7, 0.0, 0.0, 12.25], [0.0, 0.0, 2.5, -40.0]]
    voxels = block(dtype)
    size = {"CompressedDataSize": str(len(form.stored(kind, voxels)))}  # else ITK reads noise
    fields = placed(rows, space) if form is NRRD else size
    path = form.whole(tmp_path, kind, voxels=voxels, rows=rows, **fields)
    require_places_of(sitk.ReadImage(str(path)), path)
