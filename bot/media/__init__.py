"""What people attach, read safely: sniffed by content, in a process that may die."""
