"""The documentation: pages by hand beside this file, pages that are made in `make`."""
