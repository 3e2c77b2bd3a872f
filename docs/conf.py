"""How Sphinx builds the site: Markdown by MyST, nothing from the network, no broken link."""

from __future__ import annotations

from fl_planner.basis.version import __version__

project = "fl_planner"
extensions = ["myst_parser"]
myst_heading_anchors = 3
nitpicky = True  # a link to nowhere is a warning, and with -W an error
suppress_warnings = ["misc.highlighting_failure"]  # a colour is no content
highlight_language = "text"  # where a block does not say its own
smartquotes = False  # --csv is an option and no dash
html_theme = "furo"
html_title = f"fl_planner {__version__}"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
