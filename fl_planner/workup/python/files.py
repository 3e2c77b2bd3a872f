"""Use cases with files in Python: checks, conversions, agreement, pictures and reports."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.image_objects import as_source
from fl_planner.given.table import fill
from fl_planner.intake.reading.union import each_of
from fl_planner.workup.python.options import (
    AgreeOptions,
    CarryOptions,
    ConvertOptions,
    PictureOptions,
    ReportOptions,
    SizeOptions,
    SpectShiftOptions,
    TrialOptions,
)
from fl_planner.workup.python.result import NotebookView, Result, as_text
from fl_planner.workup.python.types import AnyImage, AnyPath
from fl_planner.workup.python.words import (
    as_case_file,
    as_each_image,
    as_each_path,
    as_entries,
    as_exact,
    as_path,
    as_words,
    one_by_one,
    require_text,
    taking,
)
from fl_planner.workup.request import make_request

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.record.agreement import AgreementAnswer
    from fl_planner.record.files.carry import CarryRecord, SpectShiftRecord
    from fl_planner.record.files.check import CheckRecord, ConversionRecord


@taking(SizeOptions)
def check(*files: AnyImage, **options: Unpack[SizeOptions]) -> Result[CheckRecord]:
    """Check files or images: format, geometry, labels, and whether all match each other.

    Parameters
    ----------
    files : paths or images
        Images in memory are numbered.
    options
        As for `fl-planner check`.

    Raises
    ------
    InputRefused
        That of the first file if none can be read.
    """
    from fl_planner.report.terminal.files import check_table
    from fl_planner.workup.files.check import describe_files

    words = as_words("check", SizeOptions, options)
    sources = each_of(as_each_image(files))
    if not sources:  # `check(*folder.glob("*.nii"))` that finds nothing
        raise InputRefused("usage.wrong", "files", "no file was given", "give at least one file")
    return Result("check", describe_files(sources, words["size_limit"]), NotebookView(check_table))


@taking(ConvertOptions)
def convert(
    image: AnyImage, to: AnyPath, **options: Unpack[ConvertOptions]
) -> Result[ConversionRecord]:
    """Write a mask, a label map, contours or a CT in another format or on another grid.

    Parameters
    ----------
    image : path or image
        The image to write.
    to : path
        .nii, .nii.gz, .nrrd, .seg.nrrd, or .dcm for a DICOM SEG.
    options
        As for `fl-planner convert`.

    Raises
    ------
    InputRefused
        If information would be lost. The output is read back before it is saved.
    """
    from fl_planner.report.terminal.files import convert_table
    from fl_planner.workup.files.convert import Conversion, convert_file

    words = as_words("convert", ConvertOptions, options)
    words["structures"] = words.pop("structure")
    record = convert_file(Conversion(as_source(image, "input"), as_path("to", to), **words))
    return Result("convert", record, NotebookView(convert_table))


@taking(CarryOptions)
def carry(
    source: AnyPath, to: AnyPath, *, out: AnyPath, **options: Unpack[CarryOptions]
) -> Result[CarryRecord]:
    """Carry masks over to another scan by registration, as drafts (carried, not drawn).

    Parameters
    ----------
    source, to : paths
        The scan with the masks, and the scan to which they are carried over: a case file, or a CT
        with masks given by `from_mask` and `to_mask` ("liver=liver.nii.gz").
    out : path
        New folder for the masks and their record.
    options
        As for `fl-planner carry`.

    Raises
    ------
    InputRefused
        If the registration is insufficient; nothing is written then.
    """
    from fl_planner.report.terminal.files import carry_table
    from fl_planner.workup.carry import Carrying, carry_masks

    words = as_words("carry", CarryOptions, options)
    names = {"source_masks": "from_mask", "target_masks": "to_mask", "names": "carry"}
    renamed = {ours: words[theirs] for ours, theirs in names.items()}
    given = {"source": source, "to": to, "out": out}
    source_path, target, folder = (as_path(name, one) for name, one in given.items())
    scans = {"source": source_path, "target": target, "out": folder}
    record = carry_masks(fill(Carrying, words, **scans, **renamed))
    return Result("carry", record, NotebookView(carry_table))


@taking(AgreeOptions)
def agree(*readers: AnyPath, **options: Unpack[AgreeOptions]) -> Result[AgreementAnswer]:
    """Measure the agreement between two or more readers, or tools, on the same cases.

    Parameters
    ----------
    readers : paths
        A folder for each reader, or "NAME=FOLDER"; or one CSV with the columns id, reader, and
        liver, tumour, flr, labelmap or case.
    options
        As for `fl-planner agree`; with `out`, a consensus is written.

    Raises
    ------
    InputRefused
        If no case has two readers.
    """
    from fl_planner.report.terminal.readers import agreement_table
    from fl_planner.workup.agreement import AgreementQuestion, describe_agreement

    words = as_words("agree", AgreeOptions, options)
    paths = as_each_path("readers", "agree", readers)
    record = describe_agreement(AgreementQuestion(tuple(map(str, paths)), **words))
    return Result("agree", record, NotebookView(agreement_table))


@taking(SpectShiftOptions)
def spect_shift(
    case_file: AnyPath, **options: Unpack[SpectShiftOptions]
) -> Result[SpectShiftRecord]:
    """Measure the shift between SPECT counts and the liver drawn on the CT.

    Parameters
    ----------
    case_file : path
        A case file with masks and a SPECT in [function], or of MAA in [dose].
    options
        As for `fl-planner spect-shift`; the SPECT is moved only with `out`.

    Raises
    ------
    InputRefused
        If the position of the liver cannot be determined from the counts.
    """
    from fl_planner.report.terminal.files import spect_shift_table
    from fl_planner.workup.files.spect_shift import ShiftQuestion, describe_spect_shift

    words = as_words("spect_shift", SpectShiftOptions, options)
    record = describe_spect_shift(ShiftQuestion(as_path("case_file", case_file), **words))
    return Result("spect_shift", record, NotebookView(spect_shift_table))


@taking(PictureOptions)
def pictures(
    case_file: AnyPath | None = None, *, out: AnyPath, **options: Unpack[PictureOptions]
) -> tuple[Path, ...]:
    """Draw a plan's pictures: sections, a contact sheet to be signed, and the liver from two sides.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    out : path
        New folder.
    options
        As for `fl-planner pictures`, and masks and facts as for `plan`.

    Returns
    -------
    tuple of paths
        The files written.

    Raises
    ------
    InputRefused
        As for `plan`, and if a picture cannot be drawn.
    """
    from fl_planner.workup.report import PictureSet, draw_case

    words = as_words("pictures", PictureOptions, options)
    wanted = fill(PictureSet, words, kind=words["format"])
    folder = as_path("out", out)
    drawn = draw_case(make_request(as_case_file(case_file), words), folder, wanted, words["trials"])
    return tuple(folder / name for name in drawn)


@taking(ReportOptions)
def report(
    case_file: AnyPath | None = None, *, out: AnyPath, **options: Unpack[ReportOptions]
) -> Path:
    """Write a plan as a report for the tumour board: one file that requires no network.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    out : path
        .html or .pdf.
    options
        As for `fl-planner report`, and masks and facts as for `plan`.

    Returns
    -------
    path
        The report.

    Raises
    ------
    InputRefused
        As for `plan`, and if a library is missing.
    """
    from fl_planner.workup.report import Report, write_report

    words = as_words("report", ReportOptions, options)
    wanted = fill(Report, words, out=as_path("out", out))
    path = as_case_file(case_file)
    write_report(make_request(path, words), wanted, path)
    return wanted.out


def calc(name: str, inputs: Mapping[str, object] | None = None, **more: object) -> Result[Any]:
    """Compute one formula, with the names listed by `fl-planner calc NAME --help`.

    Parameters
    ----------
    name : str
        The formula, such as "bsa".
    inputs : mapping
        Its inputs.
    more
        Further inputs by keyword; a float is read as its shortest decimal.

    Raises
    ------
    InputRefused
        With the incorrect input, or one given twice; or with formulas of similar names.
    """
    from fl_planner.calculator.formula import find_formula
    from fl_planner.workup.calc import DIGITS, calculate, describe_answer

    formula = find_formula(require_text("name", name))
    by_name = {} if inputs is None else as_entries("inputs", inputs)
    for key in by_name.keys() & more.keys():
        reason = "was given in inputs and as a keyword"
        raise InputRefused("usage.wrong", key, reason, "omit one of them")
    given = {key: as_exact(value) for key, value in {**by_name, **more}.items()}
    answer, without, record = calculate(formula, given)
    lines = "\n".join(describe_answer(formula, answer, without))
    return Result("calc", record, NotebookView(partial(_as_lines, lines)), DIGITS)


def _as_lines(lines: str, _: object) -> RenderableType:
    return as_text(lines)


@taking(TrialOptions)
def export_trials(*names: str, **options: Unpack[TrialOptions]) -> dict[str, Any]:
    """Return trials with their criteria as a Bundle of FHIR R5, as a dict.

    Parameters
    ----------
    names : str
        Registry numbers, names or parts of them; all trials if omitted.
    options
        As for `fl-planner trials export`.

    Raises
    ------
    InputRefused
        `trial.unknown` for another name; and as reading trials.
    """
    from fl_planner.workup.judge import export_trials as export

    wanted = one_by_one("names", "export_trials", "the name of a trial")
    texts = tuple(require_text("names", name, wanted) for name in names)
    return export(texts, as_words("export_trials", TrialOptions, options)["trials"])
