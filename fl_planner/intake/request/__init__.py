"""What was asked: paths and words of a case file, of options, or of both."""
