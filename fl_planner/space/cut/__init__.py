"""What a plane leaves of masks, made ready so that it is told many times a second."""
