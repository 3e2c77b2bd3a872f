"""Registration of scans by SimpleITK, and its quality."""
