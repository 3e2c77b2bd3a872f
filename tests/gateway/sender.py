"""A workstation: send the studies of a folder, each file again until it is acknowledged.

A process of its own: python -m tests.gateway.sender FOLDER PAUSE_S
"""

import sys
from pathlib import Path
from time import sleep

from pydicom import dcmread

from tests.gateway.gateways import send


def send_all(study: Path) -> None:
    """Send the files of a study until all are acknowledged."""
    waiting = [dcmread(one) for one in sorted(study.iterdir())]
    while waiting:
        answers = send([*waiting])
        answers += [-1] * (len(waiting) - len(answers))
        waiting = [one for one, answer in zip(waiting, answers, strict=True) if answer != 0]
        sleep(0.3)


if __name__ == "__main__":
    for each in sorted(Path(sys.argv[1]).iterdir()):
        send_all(each)
        sleep(float(sys.argv[2]))
