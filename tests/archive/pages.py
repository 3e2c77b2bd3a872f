"""1,000 studies of an archive, listed by both doors of both archives: each once, or refused.

By DICOMweb the studies come in pages. C-FIND has none: the archive gives all, or states that it
ended its list early. tiny-pacs repeats one study in place of the others by C-FIND.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from time import monotonic

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity

from fl_planner.archive.connection import (
    Archive,
    ArchiveSession,
    NodeAddress,
    StudyQuery,
    WebAddress,
)
from fl_planner.archive.session import open_session
from tests.archive import networks, pacs
from tests.formats.dicom.dicoms import ct_slice, pack
from tests.refusals import refuses

BOTH: dict[str, tuple[WebAddress, NodeAddress]] = {
    "Orthanc": (
        WebAddress(f"http://127.0.0.1:{networks.WEB_PORT}/dicom-web", "basic", networks.USER),
        NodeAddress("127.0.0.1", networks.NODE_PORT, "ORTHANC", "FLPLANNER"),
    ),
    "tiny-pacs": (
        WebAddress(f"http://127.0.0.1:{pacs.WEB_PORT}/dicomweb", "token"),
        NodeAddress("127.0.0.1", pacs.NODE_PORT, "TINY", "FLPLANNER"),
    ),
}
SECRETS = {"FL_PLANNER_PACS_PASSWORD": networks.PASSWORD, "FL_PLANNER_PACS_TOKEN": pacs.TOKEN}
MOST_FOUND = 100  # studies of one C-FIND of an archive that ends its list early


def find_in_pages(folder: Path, count: int) -> Iterator[str]:
    """List the studies of both archives by both doors, and describe what was found."""
    os.environ.update(SECRETS)
    web, node = BOTH["Orthanc"]
    with networks.orthanc(folder / "orthanc") as server:
        fill(node, count)
        yield f"Orthanc, DICOMweb: {list_all(web, count)}"
        yield f"Orthanc, C-FIND: {list_all(node, count)}"
        server.stop()
        server.start(LimitFindResults=MOST_FOUND)
        yield f"Orthanc with a limit, C-FIND: {require_refused(node)}"
    web, node = BOTH["tiny-pacs"]
    with pacs.tiny_pacs(folder):
        fill(node, count)
        yield f"tiny-pacs, DICOMweb: {list_all(web, count)}"
        yield f"tiny-pacs, C-FIND: {require_refused(node)}"


def fill(address: NodeAddress, count: int) -> None:
    """Store a study of one image for each number, over one association."""
    entity = ApplicationEntity(address.calling)
    entity.add_requested_context(ct_slice(0).SOPClassUID)
    association = entity.associate(address.host, address.port, ae_title=address.called)
    assert association.is_established
    for number in range(count):
        assert association.send_c_store(_image(number)).Status == 0
    association.release()


def _image(number: int) -> Dataset:
    one = ct_slice(0)
    one.StudyInstanceUID, one.SOPInstanceUID = f"1.2.3.{number}", f"1.2.4.{number}"
    one.SeriesInstanceUID, one.PatientID = f"1.2.5.{number}", f"P{number}"
    return dcmread(BytesIO(pack(one)))


def open_archive(address: WebAddress | NodeAddress) -> ArchiveSession:
    """Open a session with one door of an archive."""
    return open_session(Archive("pacs", address))


def list_all(address: WebAddress | NodeAddress, count: int) -> str:
    """List all studies, and require each once."""
    began = monotonic()
    found = [one.study for one in open_archive(address).find_studies(StudyQuery())]
    assert sorted(found) == sorted(f"1.2.3.{number}" for number in range(count)), len(found)
    return f"{count} studies, each once, in {monotonic() - began:.1f} s"


def require_refused(address: NodeAddress) -> str:
    """Require that a list which is not complete is refused."""
    with refuses("archive.answer"):
        [*open_archive(address).find_studies(StudyQuery())]
    return "refused, as the list is not complete"
