"""What can be typed after `gatepost`, and which command it means."""

import argparse
from pathlib import Path
from typing import Any, TypeAlias

from bot import __version__
from bot.cli.asking import ask, models
from bot.cli.checking import check
from bot.cli.database import backup, restore, upgrade
from bot.cli.exporting import export
from bot.cli.installing import slack_manifest
from bot.cli.inviting import discord_invite
from bot.cli.serving import demo_gateway, serve
from bot.cli.tooling import run_tool

Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def parser() -> argparse.ArgumentParser:
    """Everything that can be typed, with its help."""
    top = _Parser(prog="gatepost", description="A self-hosted chat assistant.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    commands.add_parser("run", help="start (the default); without any key, the playground").set_defaults(
        command=serve
    )
    _add_ask(commands)
    _add_models(commands)
    _add_check(commands)
    _add_installing(commands)
    _add_tool(commands)
    _add_demo_gateway(commands)
    _add_export(commands)
    _add_db(commands)
    return top


def _add_ask(commands: Commands) -> None:
    asking = commands.add_parser("ask", help="ask one question; the answer is streamed to standard output")
    asking.add_argument("text", help="the question; - reads it from standard input")
    asking.add_argument("-f", "--file", action="append", default=[], type=Path, metavar="FILE", dest="files")
    asking.add_argument("-m", "--model", type=_model_id, metavar="MODEL", help="the model's id")
    asking.set_defaults(command=ask)


def _add_models(commands: Commands) -> None:
    listing = commands.add_parser("models", help="list the models: id, context, price, what they can take")
    listing.add_argument("words", nargs="*", metavar="WORD", help="only those with all these words")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(command=models)


def _add_check(commands: Commands) -> None:
    checking = commands.add_parser("check", help="look over the installation: what is wrong, and how to mend it")
    checking.add_argument("--json", action="store_true", help="as JSON")
    checking.set_defaults(command=check)


def _add_installing(commands: Commands) -> None:
    inviting = commands.add_parser("discord-invite", help="the address that adds the bot to a Discord server")
    inviting.set_defaults(command=discord_invite)
    slack = commands.add_parser(
        "slack-manifest",
        help="what to paste at api.slack.com/apps to install the bot",
        description="Prints the app's manifest for Socket Mode, or with --url for HTTP events.",
    )
    slack.add_argument("--url", type=_address, metavar="URL", help="the program's public address, https://…")
    slack.add_argument("--json", action="store_true", help="as JSON")
    slack.set_defaults(command=slack_manifest)


def _add_tool(commands: Commands) -> None:
    tooling = commands.add_parser("tool", help="run one tool alone, or list them all")
    tooling.add_argument("name", nargs="?", metavar="NAME", help="without it, the tools are listed")
    tooling.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="values are JSON, or text")
    tooling.set_defaults(command=run_tool)


def _add_demo_gateway(commands: Commands) -> None:
    demo = commands.add_parser(
        "demo-gateway",
        help="run the built-in offline gateway alone",
        description="Models that are scripted, not intelligent, over the gateway's own protocol.",
        epilog="GET /v1/faults lists the faults it can be asked for with the header x-gatepost-fault.",
    )
    demo.add_argument("--port", type=_port, default=0, metavar="N", help="a free one is chosen without")
    demo.set_defaults(command=demo_gateway)


def _add_export(commands: Commands) -> None:
    exporting = commands.add_parser(
        "export",
        help="all that is kept about a person, as a file for them",
        description="Writes a zip: JSON, the person's files, how to read both. It reads only, while the bot runs.",
        epilog="People get the same for themselves with /export.",
    )
    exporting.add_argument(
        "person", type=_person, metavar="PERSON", help="platform:id, such as discord:1234, slack:U12AB or web:ada"
    )
    exporting.add_argument("-o", "--output", type=Path, metavar="FILE", help="gatepost-export-….zip without")
    exporting.set_defaults(command=export)


def _add_db(commands: Commands) -> None:
    database = commands.add_parser("db", help="upgrade, back up or restore the store")
    steps = database.add_subparsers(title="commands", metavar="COMMAND", required=True)
    steps.add_parser("upgrade", help="bring the database up to date").set_defaults(command=upgrade)
    saving = steps.add_parser("backup", help="database and files into one archive, while the bot runs")
    saving.add_argument("archive", type=Path, metavar="FILE")
    saving.set_defaults(command=backup)
    restoring = steps.add_parser("restore", help="put an archive back; what is there is moved aside")
    restoring.add_argument("archive", type=Path, metavar="FILE")
    restoring.set_defaults(command=restore)


class _Parser(argparse.ArgumentParser):
    """Tells the version wherever it is asked for; its subcommands are parsed by the same class."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_argument("--version", action="version", version=f"gatepost {__version__}")


def _model_id(typed: str) -> str:
    if not typed.isprintable():
        raise argparse.ArgumentTypeError("it has to be a model's id, such as creator/model")
    return typed


def _person(typed: str) -> str:
    platform, colon, name = typed.partition(":")
    if not (platform and colon and name) or not typed.isprintable() or len(typed.split()) != 1:
        raise argparse.ArgumentTypeError("it has to be platform:id, such as discord:1234 or slack:U12AB")
    return typed


def _address(typed: str) -> str:
    if not typed.startswith("https://") or len(typed.split()) != 1:
        raise argparse.ArgumentTypeError("it has to be an address that begins with https://")
    return typed


def _port(typed: str) -> int:
    if not typed.isascii() or not typed.isdecimal() or int(typed) > 65535:
        raise argparse.ArgumentTypeError("it has to be a port number from 0 to 65535")
    return int(typed)
