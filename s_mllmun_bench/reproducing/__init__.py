"""The reproduction of the paper in miniature: what is run, how far it is, and what it says of each claim."""
