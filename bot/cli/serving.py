"""The commands that run until they are stopped: the program itself, and the built-in gateway alone."""

import argparse
import os
import sys
from collections.abc import Mapping

from bot.cli.output import say
from bot.cli.process import everything_stays, until_stopped
from bot.demo.supervisor import CHILD, end_with_parent, supervise

CREDENTIALS = ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN", "AI_GATEWAY_BASE_URL")


def serve(_options: argparse.Namespace) -> int:
    """`gatepost run`. Without a key a small supervisor starts the program again when it dies."""
    if CHILD not in os.environ and is_demo(os.environ):
        return supervise([sys.executable, "-m", "bot", "run"])
    end_with_parent()

    with everything_stays():
        from bot.app.serve import serve as serve_all
        from bot.log import start_logging
        from bot.settings import read_settings

    settings = read_settings()
    start_logging(settings.log_level, settings.log_format, settings.secrets)
    return until_stopped(lambda stop: serve_all(settings, _announce, stop))


def is_demo(environment: Mapping[str, str], env_file: str = ".env") -> bool:
    """Whether nothing names a gateway: `Settings.demo` without what reading all settings takes.

    Raises StartError as reading all of them would.
    """
    from bot.envfile import in_effect, read_env_file
    from bot.secretfiles import SUFFIX

    given = in_effect(read_env_file(env_file), environment)
    return not any(given.get(name) or given.get(name + SUFFIX) for name in CREDENTIALS)


def _announce(address: str) -> None:
    say(f"Open {address}\n")


def demo_gateway(options: argparse.Namespace) -> int:
    """`gatepost demo-gateway`."""
    import asyncio

    from bot.demo.server import serve_demo
    from bot.media.reader import WorkerReader

    async def run_it() -> None:
        reader = WorkerReader()
        try:
            await serve_demo(options.port, reader)
        finally:
            await reader.close()

    asyncio.run(run_it())
    return 0
