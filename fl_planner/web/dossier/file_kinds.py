"""What may be taken away of a case: each file by its name, and its kind on the wire."""

ZIP = "application/zip"
KINDS = {
    "plan.json": "application/json",
    "plan.csv": "text/csv; charset=utf-8",
    "plan.fhir.json": "application/fhir+json",
    "report.html": "text/html; charset=utf-8",
    "report.pdf": "application/pdf",
    "contact_sheet.png": "image/png",
    "dicom.zip": ZIP,
    "masks.seg.nrrd": "application/octet-stream",
    "masks.zip": ZIP,
    "case.toml": "text/plain; charset=utf-8",
}
