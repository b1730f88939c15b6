"""The command that looks over an installation: `gatepost check`."""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.output import say, width
from bot.errors import StartError

if TYPE_CHECKING:
    from bot.messages import Finding

_NARROWEST = 40


def check(options: argparse.Namespace) -> int:
    """`gatepost check`: 0 only when nothing is at fault."""
    from bot.messages import Mark

    found = _findings()
    if options.json:
        import orjson

        say(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        say(_table(found))
    return 0 if all(one.mark is not Mark.FAULT for one in found) else 1


def _findings() -> "Sequence[Finding]":
    import asyncio

    from bot.app.checks import check as check_all
    from bot.log import start_logging
    from bot.messages import Finding, Mark
    from bot.settings import read_settings

    try:
        settings = read_settings()
        secrets = settings.secrets
    except StartError as error:
        return [Finding("settings", Mark.FAULT, error.said)]
    start_logging("error", settings.log_format, secrets)
    return asyncio.run(check_all(settings))


def _table(found: "Sequence[Finding]") -> str:
    """A row for each finding, its words wrapped under each other on a terminal."""
    names = max(len(one.name) for one in found)
    lines = []
    for one in found:
        head = f"{one.mark.value:<7}  {one.name:<{names}}  "
        room = (width() or sys.maxsize) - len(head)
        said = textwrap.wrap(one.said, max(room, _NARROWEST)) or [""]
        lines += [head + said[0], *(" " * len(head) + more for more in said[1:])]
    return "\n".join((*lines, ""))
