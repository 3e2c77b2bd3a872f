"""Check for optional libraries, by the extra that installs them."""

from collections.abc import Sequence
from functools import partial
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


def _require(extra: str, *modules: str, instead: str = "") -> None:
    if missing := [module for module in modules if find_spec(module) is None]:
        raise refuse_missing(extra, missing, instead)


def _require_beside(module: str, instead: str) -> None:
    if find_spec(module) is None:
        name = module.replace("_", "-")
        reason = f"requires {name}, which is not installed"
        raise InputRefused("extra.missing", name, reason, f"pip install {name}{instead}")


# Each checks that its libraries are installed, and those named by its caller; each raises
# `InputRefused`: `extra.missing`, naming the extra, or the library that is in none.
require_report = partial(_require, "report")
require_excel = partial(
    _require, "excel", OF_WORKBOOK, instead="; or use CSV, which requires no library"
)
require_pandas = partial(
    _require, "pandas", OF_FRAMES, instead="; or pass the rows to another library"
)
require_registration = partial(_require, "registration", OF_REGISTRATION)
require_web = partial(_require, "web", *OF_WEB)
require_archive = partial(_require, "archive", *OF_ARCHIVE)
require_keyring = partial(_require, "archive", OF_KEYRING)
require_engines = partial(_require, "engines", *OF_ENGINES)
require_assistant = partial(_require, "assistant", *OF_ASSISTANT)
require_dossier = partial(_require, "dossier", *OF_DOSSIER)
require_cluster = partial(_require, "cluster", *OF_CLUSTER)
require_queue = partial(_require_beside, OF_QUEUE, "; or start the workers manually (--scheduler)")
require_dashboard = partial(_require_beside, OF_DASHBOARD, "; or omit --dashboard")
