"""Workers of Dask that plan cases, each in a separate process."""
