"""One conversation at a time: its worker, its turns, its history and its prompt."""
