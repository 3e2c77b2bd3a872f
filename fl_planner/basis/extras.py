"""Check for optional libraries, by the extra that installs them."""

from collections.abc import Sequence
from importlib.util import find_spec

from fl_planner.basis.findings import InputRefused

OF_PAGE, OF_PAPER, OF_SURFACE = "jinja2", "typst", "skimage"  # of the extra `report`
OF_WORKBOOK = "openpyxl"  # of the extra `excel`
OF_REGISTRATION = "SimpleITK"
OF_FRAMES = "pandas"  # of the extra `pandas`
OF_PARQUET = "pyarrow"  # of the extra `cluster`
OF_CLUSTER = ("cryptography", "dask", "distributed", "fsspec")  # of the extra `cluster`
OF_QUEUE = "dask_jobqueue"  # in no extra: for queues of SLURM
OF_DASHBOARD = "bokeh"  # in no extra: for the dashboard of Dask
OF_ARCHIVE = ("dicomweb_client", "pynetdicom")  # of the extra `archive`, with keyring
OF_KEYRING = "keyring"  # of the extra `archive`
OF_ENGINES = ("psutil",)  # of the extra `engines`
OF_ASSISTANT = ("mcp",)  # of the extra `assistant`
OF_DOSSIER = ("cyclonedx", "jinja2", "packaging")  # of the extra `dossier`
OF_WEB = ("starlette", "uvicorn", "python_multipart")  # of the extra `web`


def refuse_missing(extra: str, missing: Sequence[str], instead: str = "") -> InputRefused:
    """Return the refusal for missing libraries of an extra, with how to install them.

    Examples
    --------
    >>> refuse_missing("report", ["jinja2", "typst"]).reason
    'requires jinja2 and typst, which are not installed'
    """
    are = "is" if len(missing) == 1 else "are"
    reason = f"requires {' and '.join(missing)}, which {are} not installed"
    remedy = f"{describe_install(extra)}, with -e for an editable installation{instead}"
    return InputRefused("extra.missing", extra, reason, remedy)


def describe_install(extra: str) -> str:
    """Describe how to install an extra from a clone."""
    return f"install the extra {extra}: in the cloned repository, run pip install '.[{extra}]'"


def require_report(*modules: str) -> None:
    """Check that the libraries of reports and surfaces are installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("report", *modules)


def require_excel() -> None:
    """Check that the library of workbooks is installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("excel", OF_WORKBOOK, instead="; or use CSV, which requires no library")


def require_pandas() -> None:
    """Check that the library of data frames is installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("pandas", OF_FRAMES, instead="; or pass the rows to another library")


def require_registration() -> None:
    """Check that the library of registration is installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("registration", OF_REGISTRATION)


def require_web() -> None:
    """Check that the libraries of the local page are installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("web", *OF_WEB)


def require_archive(*modules: str) -> None:
    """Check that the libraries of archives, and any others named, are installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("archive", *OF_ARCHIVE, *modules)


def require_keyring() -> None:
    """Check that the library of keyrings is installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("archive", OF_KEYRING)


def require_engines() -> None:
    """Check that the library that measures the memory of engines is installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("engines", *OF_ENGINES)


def require_assistant() -> None:
    """Check that the library of the Model Context Protocol is installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("assistant", *OF_ASSISTANT)


def require_dossier() -> None:
    """Check that the libraries of dossiers are installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("dossier", *OF_DOSSIER)


def require_cluster() -> None:
    """Check that the libraries of cohorts are installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("cluster", *OF_CLUSTER)


def _require(extra: str, *modules: str, instead: str = "") -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise refuse_missing(extra, missing, instead)


def require_queue() -> None:
    """Check that dask-jobqueue, for workers from a queue of SLURM, is installed.

    Raises `InputRefused`: `extra.missing`, naming it.
    """
    _require_beside(OF_QUEUE, "; or start the workers manually (--scheduler)")


def require_dashboard() -> None:
    """Check that bokeh, for the dashboard of Dask, is installed.

    Raises `InputRefused`: `extra.missing`, naming it.
    """
    _require_beside(OF_DASHBOARD, "; or omit --dashboard")


def _require_beside(module: str, instead: str) -> None:
    if find_spec(module) is None:
        name = module.replace("_", "-")
        reason = f"requires {name}, which is not installed"
        raise InputRefused("extra.missing", name, reason, f"pip install {name}{instead}")
