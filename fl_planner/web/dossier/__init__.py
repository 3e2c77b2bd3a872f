"""The case file of a case on the page: answers, accepted findings and sign-off."""
