"""Settings in lines: what holds of each key, who says so, and what it goes before."""

from fl_planner.record.files.settings import as_settings, format_settings
from fl_planner.workup.settings import KnownSetting


def test_each_key_is_stated_with_who_states_it_and_what_it_goes_before() -> None:
    size = (
        KnownSetting("size_limit", 8, "option"),
        KnownSetting("size_limit", 4, "project", 3),
        KnownSetting("size_limit", 6, "user", 2),
        KnownSetting("size_limit", 100, "default"),
    )
    marks = (KnownSetting("bom", True, "user", 7), KnownSetting("bom", False, "default"))
    record = as_settings(
        {
            "size_limit": size,
            "bom": marks,
            "semicolons": (KnownSetting("semicolons", False, "default"),),
        }
    )
    assert [*format_settings(record)] == [
        "size_limit  8",
        "            set by the command line; option --size-limit",
        "            overrides 4, set by the project's fl-planner.toml, line 3",
        "            overrides 6, set by the user's fl-planner.toml, line 2",
        "bom         yes",
        "            set by the user's fl-planner.toml, line 7; option --bom",
        "semicolons  no",
        "            the default, not set anywhere; option --semicolons",
    ]
