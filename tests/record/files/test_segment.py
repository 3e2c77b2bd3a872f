"""The lines of a segmentation."""

from fl_planner.record.files.segment import (
    DrawnMaskRecord,
    EngineRecord,
    SegmentationRecord,
    format_segmentation,
)
from fl_planner.record.head import FindingRecord

EMPTY = "tumour.nii.gz: the engine found nothing"


def test_masks_are_listed_with_their_engine_and_what_is_not_used() -> None:
    engine = EngineRecord(name="mine", title="Mine", version="1.2", offline=True)
    masks = (
        DrawnMaskRecord(
            file="labelmap.nii.gz", role="labelmap", sha256="0", volume_ml=1559.6, used=True
        ),
        DrawnMaskRecord(file="tumour.nii.gz", role="tumour", sha256="0", volume_ml=0.0, used=False),
    )
    found = FindingRecord(
        code="engine.nothing_found", severity="warning", message=EMPTY, file="tumour.nii.gz"
    )
    record = SegmentationRecord(
        refusal=None, inputs=(), engine=engine, folder="draft", case_file="case.toml",
        masks=masks, findings=(found,),
    )  # fmt: skip
    assert [*format_segmentation(record)] == [
        "Mine 1.2: automatic, not verified: check every mask before using numbers based on it",
        "labelmap.nii.gz: labelmap, 1560 mL",
        "tumour.nii.gz: tumour, 0 mL, empty: not in the case file",
        "draft/case.toml: case file",
        f"warning: {EMPTY} (engine.nothing_found)",
    ]
