"""How an answer becomes messages that grow: splitting, pacing, confirming."""
