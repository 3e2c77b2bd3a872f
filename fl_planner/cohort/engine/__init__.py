"""Where cases are planned: workers of Dask, and a process of its own for their cases."""
