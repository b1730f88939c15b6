"""What people type after a slash: one file a command, one tuple that lists them."""
