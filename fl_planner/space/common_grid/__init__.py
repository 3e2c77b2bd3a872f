"""Files of several grids brought to one grid."""
