"""What a file is by its first bytes, so that a wrong one can be called by its name."""

import re

# first bytes -> what people call it; content decides, never the file's name
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"NRRD", "an NRRD file"),
    (b"ObjectType", "a MetaImage file"),
    (b"NDims", "a MetaImage file"),
    (b"\x1f\x8b", "gzipped twice"),
    (b"BZh", "bzip2-compressed"),
    (b"\xfd7zXZ", "xz-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy array, which has no spacing"),
    (b"\x89HDF", "an HDF5 file (MATLAB 7.3, MINC 2, ...)"),
    (b"CDF", "a NetCDF file (MINC 1)"),
    (b"MATLAB", "a MATLAB file"),
    (b"solid ", "an STL surface"),
    (b"# vtk", "a VTK file"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (b"\x7fELF", "a program"),
    (b"<", "an XML or HTML text"),
)
CONVERT = (
    "give a file of a format that can be read: NIfTI (.nii, .nii.gz), NRRD (.nrrd, .seg.nrrd), "
    "MetaImage (.mha, .mhd) or DICOM (SEG, RTSTRUCT)"
)
FIRST_LOOK, LONG_LOOK = 512, 8000  # bytes that show what a file is [LONG_LOOK: metaImage.cxx]
# endings of formats that a file of another content should not bear
_NIFTI_ENDINGS = (".nii", ".hdr", ".img")
_ENDINGS = (
    ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".mgh", ".mgz", ".mnc", ".h5", ".hdf5", ".mat",
    ".npy", ".npz", ".pkl", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".pdf",
    ".zip", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".stl", ".vtk", ".txt", ".csv",
    ".json", ".xml", ".toml",
)  # fmt: skip
_KEY = re.compile(rb"\s*([A-Za-z]{2,24})[ \t]*[=:]")
_METAIMAGE_MARKS = (b"ObjectType", b"NDims", b"DimSize", b"ElementType")
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_DICOM_AT = 128  # after the preamble
_DICOM_GROUPS = (b"\x02\0", b"\x08\0")  # with which a data set without a preamble begins
_ARCHIVES = ("a zip archive", "a 7-Zip archive")
_BARE_VOXELS = (".raw", ".zraw")  # what a header names, and people give in its place
_TEXT = set(range(32, 127)) | {9, 10, 13}


def other_ending(name: str, own: tuple[str, ...] = _NIFTI_ENDINGS) -> str | None:
    """Give the ending of a file's name where it is that of a format other than its `own`."""
    plain = name.lower().removesuffix(".gz")
    others = (ending for ending in _NIFTI_ENDINGS + _ENDINGS if ending not in own)
    return next((ending for ending in others if plain.endswith(ending)), None)


def begins_with_key(head: bytes) -> bool:
    """Whether a file begins with a word and an equals sign, as a header that is text does."""
    return _KEY.match(head) is not None


def is_metaimage(head: bytes) -> bool:
    """Whether a file begins like a MetaImage, which has no mark of its own.

    Its first line may be a comment; somewhere it says its number of axes.
    """
    first = _KEY.match(head)
    return first is not None and (first[1] in _METAIMAGE_MARKS or b"NDims" in head)


def may_be_dicom(head: bytes) -> bool:
    """Whether it is worth a look at whether the first 132 bytes or more are those of DICOM."""
    return head[_DICOM_AT : _DICOM_AT + 4] == b"DICM" or head[:2] in _DICOM_GROUPS


def say_unknown(head: bytes, name: str) -> tuple[str, str]:
    """Say what a file is that no reader knows, and what to do about it."""
    kind = name_kind(head)
    if kind in _ARCHIVES:
        return f"is {kind}", f"unpack it, and give what is in it; or {CONVERT}"
    if kind is None and name.lower().removesuffix(".gz").endswith(_BARE_VOXELS):
        reason = "holds voxels alone by its name, and no header says their number, size and place"
        return reason, "give the header that came with it (.mhd or .nhdr), beside this file"
    return f"is {kind or 'not a NIfTI file: its header size is not 348 or 540'}", CONVERT


def name_kind(head: bytes) -> str | None:
    """Name the format that the first bytes (132 or more) show; None where they show none."""
    if head[_DICOM_AT : _DICOM_AT + 4] == b"DICM":
        return "a DICOM file"
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[:2] in _PICKLES:
        return "a Python pickle, which is never loaded"
    if head[:6] == b"\x00\x00\x00\x01\x00\x00":
        return "a FreeSurfer MGH file"
    if head and set(head[:256]) <= _TEXT:
        return "a text file"
    return None
