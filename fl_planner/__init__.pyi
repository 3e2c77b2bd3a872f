"""Signatures of the public functions; made by `docs/make/python_stub.py`."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from fl_planner.basis.findings import InputRefused as InputRefused
from fl_planner.basis.shown import Share as Share
from fl_planner.basis.version import __version__ as __version__
from fl_planner.cohort.run import CohortOutcome
from fl_planner.dossier.api import DossierOutcome
from fl_planner.formats.array_image import ArrayImage as Image
from fl_planner.formats.image_objects import to_nibabel as to_nibabel
from fl_planner.formats.image_objects import to_sitk as to_sitk
from fl_planner.intake.documents.samples import sample as sample
from fl_planner.liver.cut_liver import Cuttable as Cuttable
from fl_planner.liver.cut_plane import CutPlane as CutPlane
from fl_planner.liver.volumetry import LiverVolumes as LiverVolumes
from fl_planner.planning.plan import Plan as Plan
from fl_planner.record.agreement import AgreementAnswer
from fl_planner.record.files.archive import ArchiveFindRecord
from fl_planner.record.files.archive import ArchiveTransferRecord
from fl_planner.record.files.carry import CarryRecord
from fl_planner.record.files.carry import SpectShiftRecord
from fl_planner.record.files.check import CheckRecord
from fl_planner.record.files.check import ConversionRecord
from fl_planner.screening.api import Rows
from fl_planner.screening.api import ScreenResult
from fl_planner.screening.api import add_to_log as add_to_log
from fl_planner.validation.api import ValidationResult
from fl_planner.workup.api import as_record as as_record
from fl_planner.workup.python.answers import DoseResult
from fl_planner.workup.python.answers import FunctionResult
from fl_planner.workup.python.answers import GrowthResult
from fl_planner.workup.python.answers import JudgeResult
from fl_planner.workup.python.answers import PlanResult
from fl_planner.workup.python.answers import ResectionsResult
from fl_planner.workup.python.answers import VolumesResult
from fl_planner.workup.python.files import calc as calc
from fl_planner.workup.python.plans import frame as frame
from fl_planner.workup.python.plans import read as read
from fl_planner.workup.python.result import Result
from fl_planner.workup.python.types import Amount
from fl_planner.workup.python.types import AnyImage
from fl_planner.workup.python.types import AnyPath
from fl_planner.workup.python.types import Day
from fl_planner.workup.python.types import Images
from fl_planner.workup.python.types import ImagesByName
from fl_planner.workup.python.types import Lesions
from fl_planner.workup.python.types import Origins
from fl_planner.workup.python.types import PlaceMm
from fl_planner.workup.python.types import Planes
from fl_planner.workup.python.types import Segments
from fl_planner.workup.python.types import YesNo
from fl_planner.workup.python.types import YesNoUnknown
from pathlib import Path
from typing import Any
from typing import Literal

__all__ = [
    "CutPlane",
    "Cuttable",
    "Image",
    "InputRefused",
    "LiverVolumes",
    "Plan",
    "Share",
    "add_to_log",
    "agree",
    "as_record",
    "calc",
    "carry",
    "check",
    "cohort",
    "convert",
    "dose",
    "dossier",
    "export_trials",
    "find_studies",
    "frame",
    "function",
    "growth",
    "judge",
    "pictures",
    "plan",
    "pull_study",
    "push_results",
    "read",
    "report",
    "resections",
    "sample",
    "screen",
    "spect_shift",
    "to_nibabel",
    "to_sitk",
    "validate",
    "volume",
    "withdraw_results",
]

def agree(
    *readers: AnyPath,
    size_limit: int = 1,
    force: bool = False,
    role: Literal['liver', 'labelmap'] | None = None,
    scheme: str | None = None,
    remnant_segments: Segments | None = None,
    no_tumour: bool = False,
    resample: bool = False,
    trials: AnyPath | None = None,
    out: AnyPath | None = None,
    consensus: Literal['majority', 'staple'] = 'majority',
    picture: AnyPath | None = None,
) -> Result[AgreementAnswer]:
    """Measure the agreement between two or more readers, or tools, on the same cases.

    Parameters
    ----------
    readers : paths
        A folder for each reader, or "NAME=FOLDER"; or one CSV with the columns id, reader, and
        liver, tumour, flr, labelmap or case.
    options
        As for `fl-planner agree`; with `out`, a consensus is written.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    force : bool
        Replace existing outputs.
    role : Literal['liver', 'labelmap']
        Role of files whose names do not state a role.
    scheme : str
        Scheme of the label numbers, such as lits.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    no_tumour : bool
        There is no tumour.
    resample : bool
        Resample masks on different grids to the finest grid.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    out : AnyPath
        Write a consensus mask of each structure to this new folder.
    consensus : Literal['majority', 'staple'], default 'majority'
        Method used to compute the consensus.
    picture : AnyPath
        Plot differences against means (Bland-Altman).

    Raises
    ------
    InputRefused
        If no case has two readers.
    """

def carry(
    source: AnyPath,
    to: AnyPath,
    *,
    out: AnyPath,
    size_limit: int = 1,
    force: bool = False,
    from_mask: Iterable[str] = (),
    to_mask: Iterable[str] = (),
    carry: Iterable[str] = (),
    rigid: bool = False,
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
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    force : bool
        Replace existing outputs.
    from_mask : Iterable[str]
        Mask drawn on the CT given with --from: liver, flr, tumour, labelmap ...;
        may be repeated.
    to_mask : Iterable[str]
        Liver mask drawn on the CT given with --to.
    carry : Iterable[str]
        Carry over only this structure: segments, flr, tumour ...; may be repeated.
    rigid : bool
        Register rigidly (translation and rotation), or deformably (default).

    Raises
    ------
    InputRefused
        If the registration is insufficient; nothing is written then.
    """

def check(
    *files: AnyImage,
    size_limit: int = 1,
) -> Result[CheckRecord]:
    """Check files or images: format, geometry, labels, and whether all match each other.

    Parameters
    ----------
    files : paths or images
        Images in memory are numbered.
    options
        As for `fl-planner check`.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.

    Raises
    ------
    InputRefused
        That of the first file if none can be read.
    """

def cohort(
    source: AnyPath | Iterable[AnyPath],
    out: AnyPath,
    *,
    trials: AnyPath | None = None,
    as_of: Day | None = None,
    centre: AnyPath | None = None,
    size_limit: int = 1,
    profile: Literal['shareable', 'clinical'] = 'shareable',
    force: bool = False,
    layout: Literal['bids', 'segmenter', 'nnunet', 'crlm'] | None = None,
    pattern: Iterable[str] = (),
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    scheme: str | None = None,
    remnant_segments: Segments | None = None,
    columns: AnyPath | None = None,
    column: Iterable[str] = (),
    ignore_column: Iterable[str] = (),
    cell_unknown: bool = False,
    no_tumour: bool = False,
    private_addresses: bool = False,
    report: bool = False,
    pictures: bool = False,
    rehash: bool = False,
    xlsx: AnyPath | None = None,
    workers: int | None = None,
    memory_limit: Amount = '2',
    time_limit: Amount = '30',
    scheduler: str | None = None,
    slurm: Iterable[str] = (),
    dashboard: int | None = None,
    shard: str | None = None,
) -> CohortOutcome:
    """Plan many cases into a folder, on all processors or a cluster.

    A case with a valid result in the folder is not planned again.

    A script must call it below `if __name__ == "__main__":`, because each worker imports the
    script.

    Parameters
    ----------
    source : path, or list of paths
        Case files, a table of cases (.csv, .xlsx), or a folder of case files or with a layout.
    out : path
        A new folder, or the folder of a previous run.
    options
        As for `fl-planner cohort`.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds dates and the case label.
    force : bool
        Replace existing outputs.
    layout : Literal['bids', 'segmenter', 'nnunet', 'crlm']
        Layout of a folder: BIDS derivatives, one folder per case, nnU-Net raw data,
        or Colorectal-Liver-Metastases.
    pattern : Iterable[str]
        Pattern with {id} for one role, such as liver={id}/liver.nii.gz; may be
        repeated.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    scheme : str
        Scheme of the label numbers, such as lits.
    remnant_segments : Segments
        Segments of the remnant, for cases that do not state them.
    columns : AnyPath
        File that maps the columns and terms of a table to those of this program.
    column : Iterable[str]
        Map one column, such as 'Thrombozyten (G/l)=platelets [10*9/L]'; may be
        repeated.
    ignore_column : Iterable[str]
        Do not read this column of a table; may be repeated.
    cell_unknown : bool
        Treat an invalid cell in a fact column as unknown, and still plan the case.
    no_tumour : bool
        Treat cases without a tumour mask as tumour-free.
    private_addresses : bool
        Also fetch files from this computer (localhost) and from private networks.
    report : bool
        Also write a report for each case.
    pictures : bool
        Also draw a picture for each case.
    rehash : bool
        Compare all bytes of the files with those of a previous run, not only sizes,
        times and first bytes.
    xlsx : AnyPath
        Write the cases to an Excel workbook: one sheet in plain words, one with all
        keys.
    workers : int
        Number of cases planned in parallel, or of SLURM jobs; by default one per
        processor.
    memory_limit : Amount, default '2'
        Memory limit per case; only a case that exceeds it fails.
    time_limit : Amount, default '30'
        Time limit per case.
    scheduler : str
        Address of a running Dask scheduler.
    slurm : Iterable[str]
        Request workers from SLURM: queue=..., account=..., walltime=04:00:00.
    dashboard : int
        Serve the Dask dashboard on this port of this computer.
    shard : str
        Plan one part of the cases, such as 7/1000, or slurm/1000 in a SLURM job
        array; cohort merge joins the parts.

    Raises
    ------
    InputRefused
        For an option, source or folder that cannot be used. A refused case is a row of the
        tables, with its reason.
    """

def convert(
    image: AnyImage,
    to: AnyPath,
    *,
    size_limit: int = 1,
    force: bool = False,
    like: AnyImage | None = None,
    ct: AnyImage | None = None,
    scheme: str | None = None,
    structure: Iterable[str] = (),
    resample: bool = False,
    as_of: Day | None = None,
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
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    force : bool
        Replace an existing output.
    like : AnyImage
        Write the output on the voxel grid of this file, folder or zip archive.
    ct : AnyImage
        CT on which the mask was drawn; a SEG refers to it.
    scheme : str
        Scheme of the label numbers, such as lits.
    structure : Iterable[str]
        Convert only this structure, or a label as NAME=NUMBER; may be repeated.
    resample : bool
        Resample to another voxel grid (nearest neighbour).
    as_of : Day
        Date to write in a SEG; the date of the CT study by default.

    Raises
    ------
    InputRefused
        If information would be lost. The output is read back before it is saved.
    """

def dose(
    case_file: AnyPath | None = None,
    *,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    profile: Literal['shareable', 'clinical'] = 'shareable',
    lung_shunt: Amount | None = None,
    shunt_method: Literal['planar', 'spect_ct'] | None = None,
    tumour_to_normal: Amount | None = None,
    lung_mass_kg: Amount | None = None,
    density: Amount | None = None,
    tumour_dose_gy: Amount | None = None,
    residual_fraction: Amount | None = None,
) -> DoseResult:
    """Calculate radioembolisation doses (partition model) and the largest permitted lung shunt.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        Masks and numbers, as for `fl-planner dose`.
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds dates and the case label.
    lung_shunt : Amount
        Lung shunt as a fraction: 0.06 for 6 %.
    shunt_method : Literal['planar', 'spect_ct']
        Method used to measure the lung shunt.
    tumour_to_normal : Amount
        Tumour-to-normal ratio of activity concentrations (T/N).
    lung_mass_kg : Amount
        Mass of the lungs; default 1.0 kg.
    density : Amount
        Liver and tumour density; default 1.03 g/mL.
    tumour_dose_gy : Amount
        Intended tumour dose; results for 150 Gy, the tumour dose of the
        radioembolisation trial, are also given.
    residual_fraction : Amount
        Activity that remains in the vial and lines, as a fraction of the activity
        at administration.

    Raises
    ------
    InputRefused
        `dose.no_inputs` if nothing of the dose is given; `dose.no_masks` without a tumour or a
        territory; and the errors of planning.
    """

def dossier(
    out: AnyPath,
    *,
    size_limit: int = 1,
    force: bool = False,
    cases: AnyPath | None = None,
    before: AnyPath | None = None,
    as_of: Day | None = None,
) -> DossierOutcome:
    """Write the documents needed for in-house use: acceptance run, hazards, libraries, changes.

    Parameters
    ----------
    out : path
        New folder for all documents.
    options
        As for `fl-planner dossier`.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    force : bool
        Replace existing outputs.
    cases : AnyPath
        Table of your own case files (column "case"), with their expected values.
    before : AnyPath
        File acceptance.json of an earlier version; each changed answer is listed.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.

    Raises
    ------
    InputRefused
        If the table of cases or the earlier record cannot be used; nothing is written then. A
        refused case has the outcome "refused" in the result.
    """

def export_trials(
    *names: str,
    trials: AnyPath | None = None,
) -> dict[str, Any]:
    """Return trials with their criteria as a Bundle of FHIR R5, as a dict.

    Parameters
    ----------
    names : str
        Registry numbers, names or parts of them; all trials if omitted.
    options
        As for `fl-planner trials export`.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.

    Raises
    ------
    InputRefused
        `trial.unknown` for another name; and as reading trials.
    """

def find_studies(
    archive: str,
    *,
    archives: AnyPath | None = None,
    study: str | None = None,
    patient_id: str | None = None,
    accession: str | None = None,
    modality: str | None = None,
    since: Day | None = None,
    until: Day | None = None,
) -> Result[ArchiveFindRecord]:
    """List the studies of an archive: UID, date, modalities and number of objects.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    options
        As for `fl-planner archive find`.
    archives : AnyPath
        Archives file; archives.toml in your configuration folder by default.
    study : str
        Study with this UID.
    patient_id : str
        Studies with this patient ID.
    accession : str
        Studies with this accession number.
    modality : str
        Studies with a series of this modality.
    since : Day
        Studies on or after this date.
    until : Day
        Studies on or before this date.

    Raises
    ------
    InputRefused
        If the archive refuses the login or cannot be reached, or its list may be incomplete.
    """

def function(
    case_file: AnyPath | None = None,
    *,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    dynamic: AnyImage | None = None,
    region_liver: AnyImage | None = None,
    region_heart: AnyImage | None = None,
    region_field: AnyImage | None = None,
    curves: AnyPath | None = None,
    spect: AnyImage | None = None,
    registered: bool = False,
    decay_corrected: YesNo | None = None,
    one_head: bool = False,
    tracer: str | None = None,
    validated_locally: YesNo | None = None,
    fasting_hours: Amount | None = None,
    bilirubin_umol_per_l: Amount | None = None,
    force: bool = False,
    picture: AnyPath | None = None,
) -> FunctionResult:
    """Measure liver function: mebrofenin clearance, and the share of function in the FLR.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        Study, regions, masks and facts, as for `fl-planner function`.
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    dynamic : AnyImage
        Dynamic study from both detector heads (DICOM NM).
    region_liver : AnyImage
        Liver region: one slice, with the same matrix as the study.
    region_heart : AnyImage
        Blood-pool region.
    region_field : AnyImage
        Region that represents the whole field of view; by default the whole matrix.
    curves : AnyPath
        Time-activity curves (CSV) instead of the study: time_s, liver_counts,
        heart_counts, field_counts.
    spect : AnyImage
        Reconstructed SPECT (NIfTI, DICOM NM, ...).
    registered : bool
        The SPECT is registered to the CT.
    decay_corrected : YesNo
        Whether the counts are already decay-corrected.
    one_head : bool
        The camera had only one detector head.
    tracer : str
        Tracer, if the file does not state it: mebrofenin.
    validated_locally : YesNo
        Whether this program's results agree with those of your workstation.
    fasting_hours : Amount
        Fasting time before the study, in hours.
    bilirubin_umol_per_l : Amount
        Bilirubin on the day of the study, in µmol/L.
    force : bool
        Replace existing outputs.
    picture : AnyPath
        Draw the curves, and the regions and masks on the count images.

    Raises
    ------
    InputRefused
        `function.no_files` without a study, curves or SPECT; and the errors of reading.
    """

def growth(
    *scans: AnyPath | PlanResult,
    size_limit: int = 1,
    profile: Literal['shareable', 'clinical'] = 'shareable',
    force: bool = False,
    picture: AnyPath | None = None,
) -> GrowthResult:
    """Measure the growth of the FLR between scans: mL, percentage points and kinetic growth rate.

    Parameters
    ----------
    scans : paths, or results of `plan`
        Case files with dates, or plans made with such case files and images.
    options
        As for `fl-planner growth`.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds dates and the case label.
    force : bool
        Replace existing outputs.
    picture : AnyPath
        Plot the FLR as a share of the liver, and its growth, by day.

    Raises
    ------
    InputRefused
        `growth.too_few` for fewer than two scans, `growth.no_date`, `growth.no_remnant`; and the
        errors of planning.
    """

def judge(
    patient: AnyPath | Mapping[str, object],
    *,
    trials: AnyPath | None = None,
    as_of: Day | None = None,
    centre: AnyPath | None = None,
    profile: Literal['shareable', 'clinical'] = 'shareable',
    size_limit: int = 1,
    fhir_map: AnyPath | None = None,
    fhir_query: str | None = None,
    fhir_token: Literal['environment', 'keyring'] | None = None,
    private_addresses: bool = False,
) -> JudgeResult:
    """Assess one patient against every criterion of every trial, and give the resulting route.

    Parameters
    ----------
    patient : path, or mapping
        FACTS.json, a FHIR Bundle or lines of its resources, a case file, the address of a patient
        on a FHIR server, or facts by key; quantities are `{"value": 61, "unit": "a"}`.
    options
        As for `fl-planner trials judge`.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds the ids and dates of FHIR resources.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    fhir_map : AnyPath
        Mapping of FHIR codes to facts.
    fhir_query : str
        Search for patients on the FHIR server with the given base URL.
    fhir_token : Literal['environment', 'keyring']
        Source of the server's token: environment (FL_PLANNER_FHIR_TOKEN) or
        keyring.
    private_addresses : bool
        Allow a server on this computer (localhost) or on a private network.

    Raises
    ------
    InputRefused
        With all errors of the facts.
    """

def pictures(
    case_file: AnyPath | None = None,
    *,
    out: AnyPath,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    spleen: AnyImage | None = None,
    cut: Iterable[str] = (),
    second_reader: ImagesByName = (),
    profile: Literal['shareable', 'clinical'] = 'shareable',
    force: bool = False,
    trials: AnyPath | None = None,
    format: Literal['png', 'svg'] = 'png',
    dpi: int = 150,
    stl: bool = False,
    dicom: bool = False,
    slicer: bool = False,
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
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    spleen : AnyImage
        Spleen: its volume is shown; no criterion uses it.
    cut : Iterable[str]
        Divided branch: portal=x,y,z in mm, at most 5 mm from the vessel, or
        hepatic=middle_hepatic_vein.
    second_reader : ImagesByName
        FLR, liver or tumour mask of a second reader, used for the inter-reader
        interval.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds dates and the case label.
    force : bool
        Replace existing outputs.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    format : Literal['png', 'svg'], default 'png'
        Format of the pictures.
    dpi : int, default 150
        Resolution of the pictures or, in an SVG, of the CT image.
    stl : bool
        Also write surfaces as STL, in mm, RAS+.
    dicom : bool
        Also write the contact sheet as DICOM; requires the CT as a DICOM series.
    slicer : bool
        Also write files for 3D Slicer: named, coloured segments (.seg.nrrd) and the
        CT (.nrrd).

    Returns
    -------
    tuple of paths
        The files written.

    Raises
    ------
    InputRefused
        As for `plan`, and if a picture cannot be drawn.
    """

def plan(
    case_file: AnyPath | None = None,
    *,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    spleen: AnyImage | None = None,
    cut: Iterable[str] = (),
    second_reader: ImagesByName = (),
    profile: Literal['shareable', 'clinical'] = 'shareable',
    force: bool = False,
    trials: AnyPath | None = None,
    earlier: Sequence[AnyPath] = (),
    picture: AnyPath | None = None,
    fhir: AnyPath | None = None,
    fhir_as: Literal['collection', 'transaction'] | None = None,
    dicom: AnyPath | None = None,
    replaces: AnyPath | None = None,
    engine: str | None = None,
    masks_out: AnyPath | None = None,
    accept_licence: bool = False,
    engine_log: AnyPath | None = None,
) -> PlanResult:
    """Plan a case: volumes, limits, lesions, resections, trials and the volume-based pathway.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        Images, facts and outputs, as for `fl-planner plan`.
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    spleen : AnyImage
        Spleen: its volume is shown; no criterion uses it.
    cut : Iterable[str]
        Divided branch: portal=x,y,z in mm, at most 5 mm from the vessel, or
        hepatic=middle_hepatic_vein.
    second_reader : ImagesByName
        FLR, liver or tumour mask of a second reader, used for the inter-reader
        interval.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds dates and the case label.
    force : bool
        Replace existing outputs.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    earlier : Sequence[AnyPath]
        Case file of a previous scan, for growth; may be repeated.
    picture : AnyPath
        Draw three image sections, labelled with the values of the plan.
    fhir : AnyPath
        Write the results as a FHIR R4 Bundle.
    fhir_as : Literal['collection', 'transaction']
        Type of the bundle; a server stores a transaction only once, even if it is
        sent again.
    dicom : AnyPath
        Write the DICOM result set (SEG, SR, contact sheet, PDF); requires a DICOM
        CT.
    replaces : AnyPath
        Result set to be replaced; the new result set refers to it as its
        predecessor.
    engine : str
        Draw masks on the CT with an engine, as `segment` does; these masks are not
        verified.
    masks_out : AnyPath
        New folder for the masks from --engine.
    accept_licence : bool
        Accept the licence of the engine.
    engine_log : AnyPath
        Write the messages of the engine to a file.

    Raises
    ------
    InputRefused
        With the file, image or facts that cannot be used, the reason and the remedy.
    """

def pull_study(
    archive: str,
    study: str,
    *,
    out: AnyPath,
    archives: AnyPath | None = None,
    force: bool = False,
    series: Iterable[str] = (),
) -> Result[ArchiveTransferRecord]:
    """Fetch the CT images and segmentations (SEG, RTSTRUCT) of a study into a new folder.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    study : str
        UID of the study.
    out : path
        New folder. Its files contain the patient's name and ID.
    options
        As for `fl-planner archive pull`.
    archives : AnyPath
        Archives file; archives.toml in your configuration folder by default.
    force : bool
        Replace existing outputs.
    series : Iterable[str]
        Only this series; may be repeated.

    Raises
    ------
    InputRefused
        If the archive lists no such objects, or the folder exists.
    """

def push_results(
    archive: str,
    results: AnyPath,
    *,
    archives: AnyPath | None = None,
) -> Result[ArchiveTransferRecord]:
    """Store a result set in an archive, and compare it with the objects that the archive returns.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    results : path
        Folder of a result set of the clinical profile, as `plan(..., dicom=...)` writes it.
    options
        As for `fl-planner archive push`.
    archives : AnyPath
        Archives file; archives.toml in your configuration folder by default.

    Raises
    ------
    InputRefused
        If the archive does not return every object as it was sent.
    """

def report(
    case_file: AnyPath | None = None,
    *,
    out: AnyPath,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    spleen: AnyImage | None = None,
    cut: Iterable[str] = (),
    second_reader: ImagesByName = (),
    profile: Literal['shareable', 'clinical'] = 'shareable',
    force: bool = False,
    trials: AnyPath | None = None,
    paper: Literal['a4', 'letter'] = 'a4',
    appendix: bool = False,
    earlier: Sequence[AnyPath] = (),
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
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    spleen : AnyImage
        Spleen: its volume is shown; no criterion uses it.
    cut : Iterable[str]
        Divided branch: portal=x,y,z in mm, at most 5 mm from the vessel, or
        hepatic=middle_hepatic_vein.
    second_reader : ImagesByName
        FLR, liver or tumour mask of a second reader, used for the inter-reader
        interval.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds dates and the case label.
    force : bool
        Replace existing outputs.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    paper : Literal['a4', 'letter'], default 'a4'
        Page size of a PDF; an HTML report can be printed on either size of paper.
    appendix : bool
        Add criteria, formulas, all findings and the contact sheet.
    earlier : Sequence[AnyPath]
        Case file of a previous scan, for growth; may be repeated.

    Returns
    -------
    path
        The report.

    Raises
    ------
    InputRefused
        As for `plan`, and if a library is missing.
    """

def resections(
    case_file: AnyPath | None = None,
    *,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    resect: Iterable[Segments] = (),
    named: bool = False,
    all: bool = False,
) -> ResectionsResult:
    """List resections of whole segments: lesions removed, margin and FLR.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        As for `fl-planner resections`; `resect=[(5, 6, 7, 8), (6, 7)]` adds resections.
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    resect : Iterable[Segments]
        Also show this resection: 5,6,7,8 or H5678; may be repeated.
    named : bool
        Show all resections with a Brisbane name.
    all : bool
        Show every resection of whole segments.

    Raises
    ------
    InputRefused
        `resections.no_segments` without segments of a label map; see also `plan`.
    """

def screen(
    listed: AnyPath | Rows,
    *,
    trials: AnyPath | None = None,
    as_of: Day | None = None,
    centre: AnyPath | None = None,
    profile: Literal['shareable', 'clinical'] = 'shareable',
    size_limit: int = 1,
    fhir_map: AnyPath | None = None,
    fhir_query: str | None = None,
    fhir_token: Literal['environment', 'keyring'] | None = None,
    private_addresses: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    outcomes: AnyPath | None = None,
    columns: AnyPath | None = None,
    column: Iterable[str] = (),
    ignore_column: Iterable[str] = (),
    cell_unknown: bool = False,
    trial: str | None = None,
    only: Literal['eligible', 'undecided', 'not-eligible'] | None = None,
    sort: Literal['need', 'deadline', 'row', 'id'] = 'need',
    top: int | None = None,
) -> ScreenResult:
    """Judge many patients: verdicts, route, next question and deadline, most urgent first.

    All rows are kept in memory; for many thousands of rows use the command line.

    Parameters
    ----------
    listed : path, frame of pandas, or list of dicts
        PATIENTS.csv, .xlsx, .jsonl, a FHIR bundle or bulk export, a case file, or a folder of
        such files; the address of a FHIR server; or the rows of such a table, with the same column
        names: `id`, `age [a]`, `platelets [10*9/L]`.
    options
        As for `fl-planner screen`.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    profile : Literal['shareable', 'clinical'], default 'shareable'
        The clinical profile adds file names, server ids, full findings and resource
        dates.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    fhir_map : AnyPath
        Mapping of FHIR codes to facts.
    fhir_query : str
        Search for patients on the FHIR server with the given base URL.
    fhir_token : Literal['environment', 'keyring']
        Source of the server's token: environment (FL_PLANNER_FHIR_TOKEN) or
        keyring.
    private_addresses : bool
        Allow a server on this computer (localhost) or on a private network.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Diagnosis for patients whose row or file states none.
    outcomes : AnyPath
        Screening log with the patients' status in trials.
    columns : AnyPath
        File that maps the columns and terms of a table to those of this program.
    column : Iterable[str]
        Map one column, such as 'Thrombozyten (G/l)=platelets [10*9/L]'; may be
        repeated.
    ignore_column : Iterable[str]
        Do not read this column of a table; may be repeated.
    cell_unknown : bool
        Treat an invalid cell as unknown, and still assess the patient.
    trial : str
        Show patients whom this trial does not exclude.
    only : Literal['eligible', 'undecided', 'not-eligible']
        Show patients with this verdict for --trial, or for at least one trial for
        their disease.
    sort : Literal['need', 'deadline', 'row', 'id'], default 'need'
        Order of the rows; deadline refers to --trial, if given.
    top : int
        Show only the first N patients.

    Raises
    ------
    InputRefused
        If the list as a whole cannot be read.

    Examples
    --------
    >>> screen([{"id": "p1", "crlm_present": True, "age [a]": 61}])
    <fl_planner.screen: 1 patient, 0 rows not read>
    """

def spect_shift(
    case_file: AnyPath,
    *,
    size_limit: int = 1,
    force: bool = False,
    study: Literal['function', 'dose'] | None = None,
    out: AnyPath | None = None,
) -> Result[SpectShiftRecord]:
    """Measure the shift between SPECT counts and the liver drawn on the CT.

    Parameters
    ----------
    case_file : path
        A case file with masks and a SPECT in [function], or of MAA in [dose].
    options
        As for `fl-planner spect-shift`; the SPECT is moved only with `out`.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    force : bool
        Replace existing outputs.
    study : Literal['function', 'dose']
        SPECT whose shift is measured, if the case file has several.
    out : AnyPath
        Write the SPECT aligned with the liver to this new folder.

    Raises
    ------
    InputRefused
        If the position of the liver cannot be determined from the counts.
    """

def validate(
    data_set: Literal['crlm'],
    folder: AnyPath | None = None,
    *,
    force: bool = False,
    typed: bool = False,
    out: AnyPath | None = None,
    workers: int | None = None,
) -> ValidationResult:
    """Plan a public data set, and compare its voxel counts with those published.

    With images, a script must call it below `if __name__ == "__main__":`, because each worker
    imports the script.

    Parameters
    ----------
    data_set : "crlm"
        Colorectal-Liver-Metastases of The Cancer Imaging Archive, 197 patients with a drawn FLR.
    folder : path
        Its download (DICOM), or the same structures as NIfTI; none with `typed`.
    options
        As for `fl-planner validate`.
    force : bool
        Replace existing outputs.
    typed : bool
        Use the published voxel counts alone, without images.
    out : AnyPath
        Folder for the page, the record and the plans; required if images are given.
    workers : int
        Number of cases planned in parallel; one per processor by default.

    Raises
    ------
    InputRefused
        For an option, set or folder that cannot be used. A refused patient is a row of
        `patients`, with its reason.
    """

def volume(
    case_file: AnyPath | None = None,
    *,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    size_limit: int = 1,
) -> VolumesResult:
    """Measure volumes and the FLR percentage from masks, without clinical assessment.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries. Its CT is not read.
    options
        Masks, label map and CT, as for `fl-planner volume`.
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.

    Raises
    ------
    InputRefused
        With the file or image that cannot be used, the reason and the remedy.
    """

def withdraw_results(
    archive: str,
    results: AnyPath,
    *sources: AnyPath,
    archives: AnyPath | None = None,
    liver: AnyImage | None = None,
    tumour: Images = (),
    no_tumour: bool = False,
    flr: AnyImage | None = None,
    resected: AnyImage | None = None,
    treated: AnyImage | None = None,
    labelmap: AnyImage | None = None,
    scheme: str | None = None,
    exclude: ImagesByName = (),
    vessel: ImagesByName = (),
    origin: Origins = (),
    absent_segment: Segments = (),
    gaps_to_nearest: bool = False,
    portal_root: PlaceMm | None = None,
    hepatic_root: PlaceMm | None = None,
    portal_point: Iterable[str] = (),
    hepatic_point: Iterable[str] = (),
    remnant_segments: Segments | None = None,
    clearing_margin_mm: Amount | None = None,
    plane: Planes = (),
    wedge: Lesions | None = None,
    wedge_margin_mm: Amount | None = None,
    ct: AnyImage | None = None,
    treated_segments: Segments | None = None,
    treat_tumour: bool = False,
    treated_margin_mm: Amount | None = None,
    place_frame: Literal['RAS', 'LPS'] = 'RAS',
    resample: bool = False,
    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,
    chemo_damage: YesNoUnknown | None = None,
    liver_disease: YesNoUnknown | None = None,
    cirrhosis: YesNoUnknown | None = None,
    portal_hypertension: YesNoUnknown | None = None,
    prior_embolisation: YesNoUnknown | None = None,
    flr_of_nontumorous_liver: Amount | None = None,
    flr_of_whole_liver: Amount | None = None,
    flr_function: Amount | None = None,
    flr_function_normalisation: Literal['extrahepatic', 'total_field'] | None = None,
    lung_dose: Amount | None = None,
    as_of: Day | None = None,
    facts: AnyPath | Mapping[str, object] | None = None,
    centre: AnyPath | None = None,
    height_cm: Amount | None = None,
    weight_kg: Amount | None = None,
    size_limit: int = 1,
    spleen: AnyImage | None = None,
    cut: Iterable[str] = (),
    second_reader: ImagesByName = (),
    dynamic: AnyImage | None = None,
    region_liver: AnyImage | None = None,
    region_heart: AnyImage | None = None,
    region_field: AnyImage | None = None,
    curves: AnyPath | None = None,
    spect: AnyImage | None = None,
    registered: bool = False,
    decay_corrected: YesNo | None = None,
    one_head: bool = False,
    tracer: str | None = None,
    validated_locally: YesNo | None = None,
    fasting_hours: Amount | None = None,
    bilirubin_umol_per_l: Amount | None = None,
    lung_shunt: Amount | None = None,
    shunt_method: Literal['planar', 'spect_ct'] | None = None,
    tumour_to_normal: Amount | None = None,
    lung_mass_kg: Amount | None = None,
    density: Amount | None = None,
    tumour_dose_gy: Amount | None = None,
    residual_fraction: Amount | None = None,
    earlier: Sequence[AnyPath] = (),
    trials: AnyPath | None = None,
    plan: AnyPath | None = None,
    reason: Literal['quality', 'patient safety', 'wrong worklist entry', 'retention'] | None = None,
    replacement: AnyPath | None = None,
) -> Result[ArchiveTransferRecord]:
    """Withdraw a result set by a rejection note for all of its objects.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    results : path
        Folder of the result set.
    sources : paths
        Case file and files of the plan, which is verified.
    options
        As for `fl-planner archive withdraw`: the plan as JSON, or a reason.
    archives : AnyPath
        Archives file; archives.toml in your configuration folder by default.
    liver : AnyImage
        Liver mask, with or without the tumour in it.
    tumour : Images
        All tumours; repeat for several files. An empty mask means that there is no
        tumour.
    no_tumour : bool
        There is no tumour.
    flr : AnyImage
        Drawn future liver remnant.
    resected : AnyImage
        Part to be removed; the remnant is the rest of the liver.
    treated : AnyImage
        Area to be radioembolised, including its margin.
    labelmap : AnyImage
        Couinaud segments 1 to 8, or other labels with --scheme; or a folder of
        segment masks.
    scheme : str
        Scheme of the label numbers, such as lits.
    exclude : ImagesByName
        Cyst, cavity, gallbladder, IVC ...; files given under the same structure
        name are combined.
    vessel : ImagesByName
        portal_veins, left_hepatic_vein, IVC ...; files given under the same vessel
        name are combined. NAME#2=FILE selects label 2 of FILE.
    origin : Origins
        How masks were made: manual, semi-automatic[:PROGRAM[:VERSION]],
        automatic[:PROGRAM[:VERSION]], carried:MM or unknown; for one mask:
        flr=manual.
    absent_segment : Segments
        Segment absent in this patient.
    gaps_to_nearest : bool
        Assign liver outside all segments of the label map to the nearest segment.
    portal_root : PlaceMm
        Point where the portal tree begins, in mm.
    hepatic_root : PlaceMm
        Point where the hepatic veins enter the IVC, in mm.
    portal_point : Iterable[str]
        Point (in mm) in a portal branch wrongly assigned to the hepatic veins, if
        all veins have the same label.
    hepatic_point : Iterable[str]
        Point (in mm) in a hepatic vein wrongly assigned to the portal veins, if all
        veins have the same label.
    remnant_segments : Segments
        Segments that remain, such as 2,3 or 2-4.
    clearing_margin_mm : Amount
        Clearing margin around lesions in the remnant; default 10 mm.
    plane : Planes
        Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards
        the remnant, or three points in anticlockwise order as seen from the
        remnant.
    wedge : Lesions
        Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the
        liver that remains after all cuts.
    wedge_margin_mm : Amount
        Margin around the lesions of --wedge; by default the clearing margin.
    ct : AnyImage
        CT: checked against the liver mask, and shown behind the outlines.
    treated_segments : Segments
        Segments of the treated area, such as 5,8.
    treat_tumour : bool
        Treated area: the tumour and, with a label map, the segments it occupies.
    treated_margin_mm : Amount
        Treated margin around the tumour and segments.
    place_frame : Literal['RAS', 'LPS'], default 'RAS'
        Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.
    resample : bool
        Resample masks on different grids to the finest grid.
    diagnosis : Literal['crlm', 'hcc', 'other']
        Colorectal liver metastases, hepatocellular carcinoma, or neither.
    chemo_damage : YesNoUnknown
        Chemotherapy-associated liver injury, judged by a clinician.
    liver_disease : YesNoUnknown
        Liver disease other than the tumours.
    cirrhosis : YesNoUnknown
        Cirrhosis of the liver.
    portal_hypertension : YesNoUnknown
        Significant portal hypertension, judged by a clinician.
    prior_embolisation : YesNoUnknown
        PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.
    flr_of_nontumorous_liver : Amount
        FLR from a report, as % of the non-tumorous liver; not measured by this
        program.
    flr_of_whole_liver : Amount
        FLR from a report, as % of the liver including tumour.
    flr_function : Amount
        Mebrofenin uptake of the FLR, in %/min/m².
    flr_function_normalisation : Literal['extrahepatic', 'total_field']
        Normalisation of this uptake; whole-field values are not used.
    lung_dose : Amount
        Lung dose in Gy at a tumour dose of 150 Gy.
    as_of : Day
        Assessment date, used to calculate the ages of patients and of data.
    facts : AnyPath | Mapping[str, object]
        FACTS.json: further facts about the patient.
    centre : AnyPath
        CENTRE.toml: trials recruiting at this centre.
    height_cm : Amount
        Height of the patient, in cm.
    weight_kg : Amount
        Weight of the patient, in kg.
    size_limit : int, default 1
        Largest file to unpack; the memory and time limits of the command increase
        with it.
    spleen : AnyImage
        Spleen: its volume is shown; no criterion uses it.
    cut : Iterable[str]
        Divided branch: portal=x,y,z in mm, at most 5 mm from the vessel, or
        hepatic=middle_hepatic_vein.
    second_reader : ImagesByName
        FLR, liver or tumour mask of a second reader, used for the inter-reader
        interval.
    dynamic : AnyImage
        Dynamic study from both detector heads (DICOM NM).
    region_liver : AnyImage
        Liver region: one slice, with the same matrix as the study.
    region_heart : AnyImage
        Blood-pool region.
    region_field : AnyImage
        Region that represents the whole field of view; by default the whole matrix.
    curves : AnyPath
        Time-activity curves (CSV) instead of the study: time_s, liver_counts,
        heart_counts, field_counts.
    spect : AnyImage
        Reconstructed SPECT (NIfTI, DICOM NM, ...).
    registered : bool
        The SPECT is registered to the CT.
    decay_corrected : YesNo
        Whether the counts are already decay-corrected.
    one_head : bool
        The camera had only one detector head.
    tracer : str
        Tracer, if the file does not state it: mebrofenin.
    validated_locally : YesNo
        Whether this program's results agree with those of your workstation.
    fasting_hours : Amount
        Fasting time before the study, in hours.
    bilirubin_umol_per_l : Amount
        Bilirubin on the day of the study, in µmol/L.
    lung_shunt : Amount
        Lung shunt as a fraction: 0.06 for 6 %.
    shunt_method : Literal['planar', 'spect_ct']
        Method used to measure the lung shunt.
    tumour_to_normal : Amount
        Tumour-to-normal ratio of activity concentrations (T/N).
    lung_mass_kg : Amount
        Mass of the lungs; default 1.0 kg.
    density : Amount
        Liver and tumour density; default 1.03 g/mL.
    tumour_dose_gy : Amount
        Intended tumour dose; results for 150 Gy, the tumour dose of the
        radioembolisation trial, are also given.
    residual_fraction : Amount
        Activity that remains in the vial and lines, as a fraction of the activity
        at administration.
    earlier : Sequence[AnyPath]
        Case file of a previous scan, for growth; may be repeated.
    trials : AnyPath
        Folder of additional trials, with one TOML file per trial.
    plan : AnyPath
        Plan from which the result set was made.
    reason : Literal['quality', 'patient safety', 'wrong worklist entry', 'retention']
        Reason for withdrawal, given by the user.
    replacement : AnyPath
        Result set that replaces the withdrawn result set.

    Raises
    ------
    InputRefused
        If the plan is still valid and no reason is stated, or its numbers are not those of the
        result set.
    """
