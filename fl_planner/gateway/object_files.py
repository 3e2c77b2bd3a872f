"""Files of received objects in a gateway's store, by the number of their journal entry."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.gateway.journal import sync_folder

OBJECTS, DRAFTS = "objects", "drafts"
FREE_BYTES = 1 << 29  # of the disk that are left free [project's choice]


@dataclass(slots=True)
class ObjectFiles:
    """The files of a store, with their maximum and current total size.

    - `held_bytes`: total size of the entered files. It is kept here because a sum over the journal
      would take longer with each study.
    """

    folder: Path
    most_bytes: int
    held_bytes: int = 0

    def require_room(self, size: int) -> None:
        """Check that an object fits into the store and on its disk.

        Raises `InputRefused`: `listen.full`.
        """
        free = shutil.disk_usage(self.folder).free
        if self.held_bytes + size > self.most_bytes or free - size < FREE_BYTES:
            reason = "the store or its disk is full"
            remedy = "free up disk space, or raise store_gib in the routing file; "
            remedy += "then restart the command, and send the object again"
            raise InputRefused("listen.full", "store", reason, remedy)

    def write(self, number: int, content: bytes) -> None:
        """Write a file under another name, and rename it once it is on disk.

        Raises `InputRefused`: `listen.full`.
        """
        draft = self.folder / DRAFTS / f"object-{number}"
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path(number))
            sync_folder(self.folder / OBJECTS)
        except OSError as error:
            reason = f"an object cannot be written: {error.strerror}"
            remedy = "free up disk space, then send the object again"
            raise InputRefused("listen.full", "store", reason, remedy) from None

    def path(self, number: int) -> Path:
        """Return the path of a file."""
        return self.folder / OBJECTS / str(number)
