"""Discord: discord.py listens, calls of our own speak, at the pace that Discord's headers allow."""
