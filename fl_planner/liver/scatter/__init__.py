"""How far readings of a share lie apart: by the literature, the masks, a second reader."""
