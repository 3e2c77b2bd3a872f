"""Locate the files of the bundled cases."""

from importlib.resources import files
from pathlib import Path

from fl_planner.basis.findings import InputRefused


def sample_case(name: object) -> Path:
    """Return the folder of a bundled case, with its images and its `case.toml`.

    An installed package contains the cases in `fl_planner/sample_data`; in the repository they are
    next to the package.

    - `name`: name of the folder, such as `crlm` or `hcc`.

    Raises `InputRefused`: `sample.unknown` for an unknown name; the remedy lists the known names.

    Examples
    --------
    >>> (sample_case("crlm") / "case.toml").is_file()
    True
    """
    package = Path(str(files("fl_planner")))
    inside = package / "sample_data"
    home = inside if inside.is_dir() else package.parent / "sample_data"
    cases = {case.parent.name: case.parent for case in sorted(home.glob("*/case.toml"))}
    if isinstance(name, str) and name in cases:
        return cases[name]
    known, source = ", ".join(cases), name if isinstance(name, str) else "name"
    remedy = f"choose one of: {known}" if known else "install fl-planner again"
    raise InputRefused("sample.unknown", source, "there is no bundled case with this name", remedy)


def sample(name: str) -> Path:
    """Return the case file of a bundled, fictitious case.

    Parameters
    ----------
    name : str
        Name of the case, such as "crlm" (liver metastases) or "hcc" (a large HCC).

    Returns
    -------
    Path
        Its case file; the masks are in the same folder.

    Raises
    ------
    InputRefused
        `sample.unknown` for an unknown name; the remedy lists the known names.

    Examples
    --------
    >>> sample("crlm").name
    'case.toml'
    """
    return sample_case(name) / "case.toml"
