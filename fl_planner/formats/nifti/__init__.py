"""Reading and writing of NIfTI."""
