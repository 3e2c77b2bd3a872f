"""Drawing: a page in px, letters, lines, files of pictures."""
