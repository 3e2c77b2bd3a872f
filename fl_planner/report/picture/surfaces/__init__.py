"""The liver in three dimensions: meshes and their shading."""
