"""The platforms: each folder joins one to the core through its ports, and knows no other."""
