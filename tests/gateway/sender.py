"""A workstation: send the files of a folder, each again until it is acknowledged.

A process of its own: python -m tests.gateway.sender FOLDER
"""

import sys
from pathlib import Path
from time import sleep

from pydicom import dcmread

from tests.gateway.gateways import send

if __name__ == "__main__":
    waiting = [dcmread(one) for one in sorted(Path(sys.argv[1]).rglob("*.dcm"))]
    while waiting:
        answers = send([*waiting])
        answers += [-1] * (len(waiting) - len(answers))
        waiting = [one for one, answer in zip(waiting, answers, strict=True) if answer != 0]
        sleep(0.3)
