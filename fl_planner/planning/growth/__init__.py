"""Growth of the FLR between scans."""
