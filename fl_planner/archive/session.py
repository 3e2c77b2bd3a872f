"""Sessions with an archive, depending on its protocol."""

from __future__ import annotations

from fl_planner.archive.connection import Archive, ArchiveSession, WebAddress
from fl_planner.basis.extras import require_archive


def open_session(archive: Archive) -> ArchiveSession:
    """Return a session with an archive; nothing is sent before it is used.

    Raises `InputRefused`: `extra.missing`, `archive.secret`, `archive.tls`.
    """
    require_archive()
    if isinstance(archive.address, WebAddress):
        from fl_planner.archive.dicomweb import WebSession

        return WebSession.of(archive.name, archive.address)
    from fl_planner.archive.dimse import NodeSession

    return NodeSession(archive.name, archive.address)
