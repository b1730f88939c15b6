"""Recording: what is said in channels where an admin has switched it on is kept, so that it can be searched."""
