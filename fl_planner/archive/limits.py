"""Limits of time, size and number for archives, FHIR servers and hosts of files."""

from __future__ import annotations

# lists of archives and FHIR servers
PAGE = 200  # entries of one answer; servers may give fewer [project's choice]
MOST_PAGES = 10_000

# DICOM archives
CONNECT_S, ANSWER_S = 10, 120  # until a connection, and between two parts of an answer
LOOK_UPS, LOOK_UP_WAIT_S = 3, 1.0  # some archives list an object seconds after it was stored
MOST_PDU = 1 << 17  # bytes of a message

# receiver of studies
IDLE_S = 60  # until a silent caller is disconnected
MOST_ASSOCIATIONS = 10  # at a time [project's choice]
MOST_COMMITTED = 20_000  # objects of one request [project's choice]
COMMITMENT_TRIES, COMMITMENT_WAIT_S = 5, 10.0

# FHIR servers, and hosts of files
HOST_WAIT_S = 60.0  # for a connection, and between two parts of an answer [project's choice]
FHIR_ANSWER_S = 600.0  # for a whole answer [project's choice]
MOST_FHIR_BYTES = 64 << 20  # of an answer, as of a Bundle in a file [project's choice]
