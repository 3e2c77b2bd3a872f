"""Exit statuses of the commands, for scripts."""

ANSWERED = 0
DEFECT = 1  # a defect of this program: a traceback, or a cohort with such cases
REFUSED = 2  # an input or the command line was refused
SOME_REFUSED = 3  # some of many patients, cases or readings were refused
NEGATIVE = 4  # the answer is no, with `--exit-code`; or an acceptance run found a difference
STOPPED = 130  # stopped by Ctrl-C or SIGTERM
