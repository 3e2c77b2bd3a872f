"""One scan laid onto another by SimpleITK, and how well it lies there."""
