"""One question asked from a terminal: the answer goes to standard output as it is written."""
