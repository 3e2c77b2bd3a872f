"""Reading of the parts of a case from paths: masks, label maps, scintigraphy, dose."""
