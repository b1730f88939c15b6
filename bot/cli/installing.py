"""What is pasted to install the bot on a platform."""

import argparse
import sys


def slack_manifest(options: argparse.Namespace) -> int:
    """Print Slack's manifest."""
    from bot.app.platforms import slack_manifest as manifest

    sys.stdout.write(f"{manifest(options.url, as_json=options.json)}\n")
    return 0
