"""`fl-planner check`: what each file is, and whether the files fit together."""

from pathlib import Path

import click

from fl_planner.cli.options import EXIT_CODES, PRINTED, SAYS_NO, SIZE_LIMIT, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_record, say_table
from fl_planner.cli.usage import headed_command

EXIT_CODE = EXIT_CODES(help="End with 4, not 0, where files do not fit.")


@headed_command()
@click.argument("files", nargs=-1, required=True, type=File)
@with_options(SIZE_LIMIT, EXIT_CODE, *PRINTED)
def check(
    files: tuple[Path, ...],
    size_limit: int,
    exit_code: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Tell what each file is: format, geometry, labels; and whether they fit together.

    Files whose names tell what they are, such as liver.nii.gz and FLR.nii.gz, are asked all
    that `volume` asks them; any other label map is asked what its labels or names mean. A
    folder of liver_segment_1 to liver_segment_8 is one map. Run it first. It ends with 0 also
    where files do not fit (--exit-code: 4), and is refused only where none can be read.
    """
    from fl_planner.workup.files.check import describe_files

    with showing("reading files", quiet=quiet):
        record = describe_files(files, size_limit)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.check import check_table

        say_table(check_table, record, verbose=verbose)
    return SAYS_NO if exit_code and not record.fits else 0
