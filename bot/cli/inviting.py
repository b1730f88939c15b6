"""`gatepost discord-invite`: the address that adds the bot to a server."""

import argparse
import sys


def discord_invite(_options: argparse.Namespace) -> int:
    """Print the address on standard output, and why it asks for each right on standard error."""
    from bot.app.invitations import discord_invitation
    from bot.settings import read_settings

    address, rights = discord_invitation(read_settings())
    sys.stderr.write("".join(f"  {line}\n" for line in ("It asks for these rights:", *rights)))
    sys.stdout.write(f"{address}\n")
    return 0
