"""What the model may call: one file a tool, one tuple that lists them."""
