"""What Gatepost remembers, one function an intent."""
