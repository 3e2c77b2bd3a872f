"""Exit statuses: how a command says to a script what came of it."""

ANSWERED = 0
DEFECT = 1  # of this program: a traceback, or cases of a cohort that met one
REFUSED = 2  # an input or a word of the command
SOME_REFUSED = 3  # of many patients, cases or readings
SAYS_NO = 4  # the answer is no, where `--exit-code` asked for it
STOPPED = 130  # by Ctrl-C or SIGTERM
