"""The program's commands. Exit status 0 done, 1 failed with one sentence on stderr, 2 wrong usage.

Everything heavy is imported by the command that needs it: this process may only be the supervisor of another.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from bot.cli.arguments import parser
from bot.cli.process import make_streams_usable, silence_output
from bot.cli.serving import serve
from bot.errors import (
    AddressWrong,
    GatepostError,
    GatewayDown,
    GatewayRefused,
    StoreError,
    StoreFull,
    sentence_for,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit. What it makes is for its own user's eyes."""
    os.umask(0o077)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    if not make_streams_usable():
        sys.stderr.write("gatepost: Standard output is closed, so there is nowhere to write to.\n")
        return 1
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = getattr(options, "command", serve)
    try:
        return command(options)
    except GatepostError as error:
        sys.stderr.write(f"gatepost: {operators_sentence(error)}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        silence_output()
        return 1
    except OSError as error:
        silence_output()
        sys.stderr.write(f"gatepost: {error.strerror or type(error).__name__}.\n")
        return 1


def operators_sentence(error: GatepostError) -> str:
    """What is printed about this error: who runs the program can mend what people in a chat cannot."""
    if isinstance(error, AddressWrong):
        return "There is no gateway at AI_GATEWAY_BASE_URL. Check the address; it usually ends in /v1."
    if isinstance(error, GatewayRefused):
        return "The gateway refused the key. Check AI_GATEWAY_API_KEY."
    if isinstance(error, GatewayDown):
        return "The gateway does not answer. Check AI_GATEWAY_BASE_URL and the network."
    if isinstance(error, StoreFull):
        return "The disk that holds the database is full. Make room on it."
    if isinstance(error, StoreError):
        return f"The database can't be used ({error}). `gatepost check` looks at it."
    return sentence_for(error)
