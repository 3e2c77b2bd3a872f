"""Several readings of the same cases: folders of readers, or a list of files by case and reader."""
