"""Storage classes of DICOM objects: those that are read or written, and what people call each."""

from __future__ import annotations

from fl_planner.formats.dicom.transfer_syntaxes import STANDARD

KINDS = {  # storage classes -> what people call them [PS3.4 B.5]
    STANDARD + "1.3.10": "a DICOMDIR",
    STANDARD + "5.1.4.1.1.1": "an X-ray image",
    STANDARD + "5.1.4.1.1.2": "a CT image",
    STANDARD + "5.1.4.1.1.2.1": "a multi-frame (enhanced) CT image",
    STANDARD + "5.1.4.1.1.4": "an MR image",
    STANDARD + "5.1.4.1.1.4.1": "a multi-frame (enhanced) MR image",
    STANDARD + "5.1.4.1.1.6.1": "an ultrasound image",
    STANDARD + "5.1.4.1.1.7": "a screenshot (secondary capture)",
    STANDARD + "5.1.4.1.1.11.1": "a presentation state",
    STANDARD + "5.1.4.1.1.20": "a scintigram (NM)",
    STANDARD + "5.1.4.1.1.30": "a parametric map",
    STANDARD + "5.1.4.1.1.66.1": "a registration",
    STANDARD + "5.1.4.1.1.66.4": "a segmentation (SEG)",
    STANDARD + "5.1.4.1.1.66.5": "a surface segmentation",
    STANDARD + "5.1.4.1.1.66.7": "a label map segmentation (SEG)",
    STANDARD + "5.1.4.1.1.88.11": "a text report",
    STANDARD + "5.1.4.1.1.88.22": "a structured report",
    STANDARD + "5.1.4.1.1.88.33": "a structured report",
    STANDARD + "5.1.4.1.1.88.34": "a structured report",
    STANDARD + "5.1.4.1.1.104.1": "a PDF document",
    STANDARD + "5.1.4.1.1.128": "a PET image",
    STANDARD + "5.1.4.1.1.481.1": "a radiotherapy image",
    STANDARD + "5.1.4.1.1.481.2": "a radiotherapy dose",
    STANDARD + "5.1.4.1.1.481.3": "a structure set (RTSTRUCT)",
    STANDARD + "5.1.4.1.1.481.5": "a radiotherapy plan",
}
OTHER_KIND = "DICOM, but of a different type"
CT, NM = STANDARD + "5.1.4.1.1.2", STANDARD + "5.1.4.1.1.20"
RTSTRUCT = STANDARD + "5.1.4.1.1.481.3"
SEG, LABELMAP_SEG = STANDARD + "5.1.4.1.1.66.4", STANDARD + "5.1.4.1.1.66.7"
