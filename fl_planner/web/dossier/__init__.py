"""The case file of a case on the page: what is answered, accepted and signed there."""
