"""The playground without an account: a built-in gateway and a supervisor."""
