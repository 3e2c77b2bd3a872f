"""From paths to a case's parts: masks, label maps, scintigraphy, dose."""
