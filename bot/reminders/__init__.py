"""Reminders: what was meant by the words, when that is, what is due, and that it is posted once."""
