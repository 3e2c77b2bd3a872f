"""Small right files of every format that is read, as bytes by name; the first name is given.

The mask is 48 of 7 x 6 x 5 voxels of 2 x 3 x 5 mm; the map has three labels.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.formats.dicom import dicoms
from tests.niftis import both_forms, nifti, nifti_pair, qform, sform, upright

SPACING = (2.0, 3.0, 5.0)
ORIGIN = (-40.0, -70.0, 110.0)
SHAPE = (7, 6, 5)


@dataclass(frozen=True, slots=True)
class Specimen:
    """Files by name, the one that is given first, and the role that it is given as.

    `usual` are the codes of what is told of the right file too: they explain no other number.
    """

    name: str
    files: dict[str, bytes]
    role: str = "liver"
    usual: frozenset[str] = frozenset()

    @property
    def given(self) -> str:
        """Name of the file that a user names."""
        return next(iter(self.files))


def mask(dtype: str = "u1") -> npt.NDArray[Any]:
    voxels = np.zeros(SHAPE, dtype)
    voxels[1:5, 1:4, 1:5] = 1
    voxels[5, 1, 1] = 0
    voxels[2, 4, 3] = voxels[6, 5, 4] = 1
    voxels[1, 1, 1:3] = 0
    return voxels


def label_map() -> npt.NDArray[Any]:
    voxels = mask("i2")
    voxels[3:5] *= 5
    voxels[2, 4, 3] = 300
    return voxels


def packed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


def nrrd_text(
    voxels: npt.NDArray[Any], kind: str, *more: str, encoding: str = "raw", spare: str = ""
) -> bytes:
    """Write an NRRD header; `more` lines stand last, `spare` before the sizes."""
    sizes = " ".join(map(str, voxels.shape))
    vectors = [f"({-SPACING[0]},0,0)", f"(0,{-SPACING[1]},0)", f"(0,0,{SPACING[2]})"]
    directions = " ".join(["none", *vectors] if len(voxels.shape) == 4 else vectors)
    kinds = " ".join([*["list"] * (len(voxels.shape) - 3), *["domain"] * 3])
    lines = [
        "NRRD0004", "# made for a test", f"type: {kind}", f"dimension: {len(voxels.shape)}",
        "space: left-posterior-superior", f"sizes: {sizes}{spare}",
        f"space directions: {directions}", f"kinds: {kinds}", "endian: little",
        f"encoding: {encoding}", f"space origin: ({-ORIGIN[0]},{-ORIGIN[1]},{ORIGIN[2]})", *more,
    ]  # fmt: skip
    return ("\n".join(lines) + "\n\n").encode()


def plain(voxels: npt.NDArray[Any]) -> bytes:
    return voxels.tobytes(order="F")


def segment_keys(parts: Iterable[tuple[str, int, int]]) -> list[str]:
    """Keys by which 3D Slicer names segments: name, label, layer."""
    lines = [
        "Segmentation_ContainedRepresentationNames:=Binary labelmap|",
        "Segmentation_SourceRepresentation:=Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset:=0 0 0",
    ]
    for number, (name, label, layer) in enumerate(parts):
        lines += [
            f"Segment{number}_ID:=S{number}", f"Segment{number}_Name:={name}",
            f"Segment{number}_LabelValue:={label}", f"Segment{number}_Layer:={layer}",
            f"Segment{number}_Extent:=0 6 0 5 0 4", f"Segment{number}_Color:=0.5 0.2 0.1",
        ]  # fmt: skip
    return lines


def metaimage_text(kind: str, file: str = "LOCAL", *more: str) -> bytes:
    lines = [
        "ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False",
        *more, "TransformMatrix = -1 0 0 0 -1 0 0 0 1",
        f"Offset = {-ORIGIN[0]} {-ORIGIN[1]} {ORIGIN[2]}", "CenterOfRotation = 0 0 0",
        "AnatomicalOrientation = RAI", "ElementSpacing = 2 3 5", "DimSize = 7 6 5",
        f"ElementType = {kind}", f"ElementDataFile = {file}",
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def of_nifti() -> Iterable[Specimen]:
    """NIfTI-1 and -2, single, pair, gzipped, either byte order."""
    forms = both_forms(SPACING, ORIGIN)
    single = nifti(mask(), **forms)
    yield Specimen("nifti1", {"liver.nii": single})
    yield Specimen("nifti1.gz", {"liver.nii.gz": packed(single)})
    yield Specimen("nifti1 sform", {"liver.nii": nifti(mask("i2"), **sform(upright(SPACING)))})
    yield Specimen("nifti1 qform", {"liver.nii": nifti(mask("f4"), **qform(SPACING, ORIGIN))})
    big = nifti(label_map(), order=">", **forms)
    yield Specimen("nifti1 big map", {"labels.nii": big}, "labelmap")
    scaled = nifti(mask("i2") * 2, **forms, scl_slope=0.5)
    yield Specimen("nifti1 scaled", {"liver.nii": scaled})
    extended = nifti(mask(), **forms, between=b"\1\0\0\0\x10\0\0\0\x06\0\0\0a note!!")
    yield Specimen("nifti1 extended", {"liver.nii": extended})
    yield Specimen("nifti2", {"liver.nii": nifti(mask("f8"), version=2, **forms)})
    second = packed(nifti(label_map(), version=2, **forms))
    yield Specimen("nifti2.gz map", {"labels.nii.gz": second}, "labelmap")
    head, image = nifti_pair(mask(), **forms)
    yield Specimen("nifti1 pair", {"liver.hdr": head, "liver.img": image})
    yield Specimen("nifti1 pair.gz", {"liver.hdr.gz": packed(head), "liver.img.gz": packed(image)})


def of_nrrd() -> Iterable[Specimen]:
    """NRRD attached and detached, raw, gzip, text; segments of 3D Slicer in one layer or two."""
    raw = plain(mask())
    yield Specimen("nrrd", {"liver.nrrd": nrrd_text(mask(), "unsigned char") + raw})
    zipped = nrrd_text(label_map(), "short", encoding="gzip") + packed(plain(label_map()))
    yield Specimen("nrrd.gz map", {"labels.nrrd": zipped}, "labelmap")
    words = " ".join(map(str, mask().ravel(order="F").tolist())).encode()
    text = nrrd_text(mask(), "int", encoding="ascii") + words
    yield Specimen("nrrd text", {"liver.nrrd": text})
    apart = nrrd_text(mask(), "uint8", "data file: liver.raw")
    yield Specimen("nhdr", {"liver.nhdr": apart, "liver.raw": raw})
    named = segment_keys([("liver", 1, 0), ("tumour", 5, 0), ("cyst", 300, 0)])
    slicer = nrrd_text(label_map(), "short", *named, encoding="gzip")
    yield Specimen("seg.nrrd", {"x.seg.nrrd": slicer + packed(plain(label_map()))}, "tumour")
    layers = np.stack([mask(), np.roll(mask(), 1, 0)])
    named = segment_keys([("liver", 1, 0), ("flr", 1, 1)])
    two = nrrd_text(layers, "unsigned char", *named) + plain(layers)
    yield Specimen("seg.nrrd layers", {"x.seg.nrrd": two}, "flr")


def of_metaimage() -> Iterable[Specimen]:
    """MetaImage attached and detached, raw and zlib."""
    raw = plain(mask("i2"))
    yield Specimen("mha", {"liver.mha": metaimage_text("MET_SHORT") + raw})
    stream = zlib.compress(plain(label_map()))
    said = ("CompressedData = True", f"CompressedDataSize = {len(stream)}")
    whole = metaimage_text("MET_SHORT", "LOCAL", *said) + stream
    yield Specimen("mha zlib map", {"labels.mha": whole}, "labelmap")
    apart = metaimage_text("MET_UCHAR", "liver.raw")
    yield Specimen("mhd", {"liver.mhd": apart, "liver.raw": plain(mask())})
    stream = zlib.compress(plain(mask()))
    apart = metaimage_text("MET_UCHAR", "liver.zraw", "CompressedData = True")
    yield Specimen("mhd zraw", {"liver.mhd": apart, "liver.zraw": stream})


def of_dicom() -> Iterable[Specimen]:
    """SEG of one bit and of bytes, packed in four ways; contours."""
    voxels = mask("u1").transpose(2, 1, 0)
    other = np.roll(voxels, 1, axis=2)
    frames = [*dicoms.frames_of(voxels), *dicoms.frames_of(other, 2)]
    named = ("liver", "tumour")
    packed = dicoms.seg(frames, named)
    yield Specimen("seg", {"liver.dcm": dicoms.pack(packed)}, "tumour")
    implicit = dicoms.pack(dicoms.seg(frames, named), dicoms.IMPLICIT)
    yield Specimen("seg implicit", {"liver.dcm": implicit})
    deflated = dicoms.pack(dicoms.seg(frames, named), dicoms.DEFLATED)
    yield Specimen("seg deflated", {"liver.dcm": deflated})
    layers = [(0, float(layer), plane) for layer, plane in enumerate(voxels + 2 * other)]
    several = dicoms.seg(layers, (*named, "both"), "LABELMAP")
    both = frozenset({"segments.passed_over"})  # a name that means nothing
    yield Specimen("seg map", {"liver.dcm": dicoms.pack(several)}, "tumour", usual=both)
    runs = [dicoms.rle(plane.tobytes()) for _, _, plane in layers]
    several = dicoms.pieces(dicoms.seg(layers, (*named, "both"), "LABELMAP"), runs)
    rle = dicoms.pack(several, dicoms.RLE)
    yield Specimen("seg map rle", {"liver.dcm": rle}, "tumour", usual=both)
    rings = [dicoms.ring(12.0, z, points=24) for z in (0.0, 5.0, 10.0)]
    drawn = dicoms.rtstruct([("liver", rings), ("tumour", rings[:2])])
    no_image = frozenset({"contours.no_image"})
    yield Specimen("rtstruct", {"liver.dcm": dicoms.pack(drawn)}, usual=no_image)


def of_ct() -> Iterable[Specimen]:
    """CT: slices of a series in a folder and in a zip, and a volume of whole HU."""
    slices = {f"{n}.dcm": dicoms.pack(dicoms.ct_slice(n, number=n + 1)) for n in range(4)}
    yield Specimen("ct slices", slices, "ct")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in slices.items():
            entry = zipfile.ZipInfo(name)  # without a time in it
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    yield Specimen("ct zip", {"ct.zip": target.getvalue()}, "ct")
    hu = np.arange(210, dtype="i2").reshape(SHAPE, order="F") * 7 - 1024
    volume = nifti(hu, **both_forms(SPACING, ORIGIN))
    yield Specimen("ct nifti.gz", {"ct.nii.gz": packed(volume)}, "ct")


def every_specimen() -> tuple[Specimen, ...]:
    return (*of_nifti(), *of_nrrd(), *of_metaimage(), *of_dicom(), *of_ct())
