"""What a report says of each subject, as blocks that terminal, HTML and PDF print."""
