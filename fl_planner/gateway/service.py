"""Run a gateway: receive from the network or watch a folder, until it is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import sleep

from fl_planner.archive.receiver import Receiver, Report
from fl_planner.basis.extras import require_archive
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.write import require_dicom
from fl_planner.gateway.arrivals import FOLDER, Intake, WatchedFolder
from fl_planner.gateway.journal import writing_store
from fl_planner.gateway.store import Store
from fl_planner.gateway.work_loop import Station
from fl_planner.intake.documents.gateway_routing_file import Routing, read_routing

STEP_S = 1.0  # between two looks at what is due


@dataclass(frozen=True, slots=True)
class Service:
    """A gateway with its routing file and store.

    - `once`: end once nothing is due, instead of waiting for further studies.
    """

    routing: Routing
    folder: Path
    size_limit: int
    report: Report
    once: bool = False

    @classmethod
    def of(
        cls, routing: Path, folder: Path, size_limit: int, report: Report, *, once: bool = False
    ) -> Service:
        """Read the routing file, and check the requirements of a gateway.

        Raises `InputRefused`: `extra.missing`; see also `read_routing`.
        """
        require_archive()
        require_dicom()
        return cls(read_routing(routing), folder, size_limit, report, once)

    def listen(self) -> bool:
        """Receive studies from the network until the process is stopped; see `watch`.

        Raises `InputRefused`: `routing.no_receiver` for a routing file without a receiver; as
        `Store.opened` and `Receiver.start`.
        """
        if self.routing.receiver is None:
            reason, remedy = "the file has no table [listen]", "add title, port and callers"
            raise InputRefused("routing.no_receiver", self.routing.file, reason, remedy)
        with Store.opened(self.folder, self.routing.store_bytes) as store:
            intake = Intake(store, Limits.of_gib(self.size_limit))
            receiver = Receiver(self.routing.receiver, intake, self.report)
            port = receiver.start()
            try:
                self.report(f"listening as {self.routing.receiver.title} on port {port}")
                return self._work(store)
            finally:
                receiver.stop()

    def watch(self, watched: Path) -> bool:
        """Read studies from a folder until the process is stopped.

        With `once`, return whether every study and file has an answer: none was refused in this
        run, and no drawing lacks images.

        Raises `InputRefused`: `file.missing` without that folder, `usage.wrong` for a store in it,
        `routing.no_route` if each route is for named callers; see also `Store.opened`.
        """
        if not watched.is_dir():
            reason, remedy = "there is no such folder", "check the name of the watched folder"
            raise InputRefused("file.missing", watched.name, reason, remedy)
        if self.folder.resolve().is_relative_to(watched.resolve()):
            reason = "the store is in the watched folder, so its files would be read as new files"
            raise InputRefused(
                "usage.wrong", "--store", reason, "give a folder outside the watched folder"
            )
        if self.routing.route_of(FOLDER) is None:  # otherwise every study would be refused
            reason = "each route names its callers, and the files of a folder have no caller"
            remedy = "add a route without the key callers"
            raise InputRefused("routing.no_route", self.routing.file, reason, remedy)
        with Store.opened(self.folder, self.routing.store_bytes) as store:
            intake = Intake(store, Limits.of_gib(self.size_limit))
            folder = WatchedFolder(watched, intake, self.routing.quiet_s, self.report)
            self.report("watching the folder")
            return self._work(store, folder)

    def _work(self, store: Store, folder: WatchedFolder | None = None) -> bool:
        station = Station(store, self.routing, self.report)
        while True:
            with writing_store():
                came = folder is not None and (folder.look() > 0 or folder.is_settling)
                done = station.work()
            if self.once and not (came or done or station.is_expecting()):
                refused = station.has_refused or (folder is not None and folder.has_refused)
                return not (refused or store.list_open_jobs())
            if not done:
                sleep(STEP_S)
