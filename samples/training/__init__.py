"""How the recogniser's two networks are made; see README.md here. Needs the `training` extra."""
