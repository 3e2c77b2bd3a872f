"""Files of several grids brought onto one."""
