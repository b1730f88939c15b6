"""The program's commands. Exit status 0 done, 1 failed with one sentence on stderr, 2 wrong usage.

Everything heavy is imported by the command that needs it: this process may only be the supervisor of another.
"""

import argparse
import contextlib
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.demo.supervisor import CHILD, end_with_parent, supervise
from bot.errors import GatepostError, GatewayDown, GatewayRefused, StartError, sentence_for

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from bot.settings import Settings

CREDENTIALS = ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN", "AI_GATEWAY_BASE_URL")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    if not _make_streams_usable():
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
        _silence_output()
        return 1
    except OSError as error:
        _silence_output()
        sys.stderr.write(f"gatepost: {error.strerror or type(error).__name__}.\n")
        return 1


def _make_streams_usable() -> bool:
    """Let no character stop a command, nor a closed stderr; whether there is a standard output at all.

    A stream that was closed before the start is None, and the next file opened would take its place.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - it stays open as long as the program runs
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    return sys.stdout is not None


def _silence_output() -> None:
    """Let what is still to be flushed go nowhere: whoever was to get it cannot take it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def operators_sentence(error: GatepostError) -> str:
    """What is printed about this error: who runs the program can mend what people in a chat cannot."""
    if isinstance(error, GatewayRefused):
        return "The gateway refused the key. Check AI_GATEWAY_API_KEY."
    if isinstance(error, GatewayDown):
        return "The gateway does not answer. Check AI_GATEWAY_BASE_URL and the network."
    return sentence_for(error)


def parser() -> argparse.ArgumentParser:
    """Everything that can be typed, with its help."""
    top = _Parser(prog="gatepost", description="A self-hosted chat assistant.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    serving = commands.add_parser("run", help="start (the default); without any key, the playground")
    serving.set_defaults(command=serve)

    asking = commands.add_parser("ask", help="ask one question; the answer is streamed to standard output")
    asking.add_argument("text", help="the question; - reads it from standard input")
    asking.add_argument("-f", "--file", action="append", default=[], type=Path, metavar="FILE", dest="files")
    asking.add_argument("-m", "--model", type=_model_id, metavar="MODEL", help="the model's id")
    asking.set_defaults(command=ask)

    listing = commands.add_parser("models", help="list the models: id, context, price, what they can take")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(command=models)

    demo = commands.add_parser(
        "demo-gateway",
        help="run the built-in offline gateway alone",
        description="Models that are scripted, not intelligent, over the gateway's own protocol.",
        epilog="GET /v1/faults lists the faults it can be asked for with the header x-gatepost-fault.",
    )
    demo.add_argument("--port", type=_port, default=0, metavar="N", help="a free one is chosen without")
    demo.set_defaults(command=demo_gateway)

    database = commands.add_parser("db", help="upgrade, back up or restore the store")
    steps = database.add_subparsers(title="commands", metavar="COMMAND", required=True)
    steps.add_parser("upgrade", help="bring the database up to date").set_defaults(command=upgrade)
    saving = steps.add_parser("backup", help="database and files into one archive, while the bot runs")
    saving.add_argument("archive", type=Path, metavar="FILE")
    saving.set_defaults(command=backup)
    restoring = steps.add_parser("restore", help="put an archive back; what is there is moved aside")
    restoring.add_argument("archive", type=Path, metavar="FILE")
    restoring.set_defaults(command=restore)
    return top


def _model_id(typed: str) -> str:
    if not typed.isprintable():
        raise argparse.ArgumentTypeError("it has to be a model's id, such as creator/model")
    return typed


class _Parser(argparse.ArgumentParser):
    """Tells the version wherever it is asked for; its subcommands are parsed by the same class."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_argument("--version", action="version", version=f"gatepost {__version__}")


def _port(typed: str) -> int:
    if not typed.isascii() or not typed.isdecimal() or int(typed) > 65535:
        raise argparse.ArgumentTypeError("it has to be a port number from 0 to 65535")
    return int(typed)


def serve(_options: argparse.Namespace) -> int:
    """`gatepost run`. Without a key a small supervisor starts the program again when it dies."""
    if CHILD not in os.environ and is_demo(os.environ):
        return supervise([sys.executable, "-m", "bot", "run"])
    end_with_parent()

    with _everything_stays():
        from bot.app import serve as serve_all
        from bot.log import start_logging
        from bot.settings import read_settings

    settings = read_settings()
    start_logging(settings.log_level, settings.log_format, settings.secrets)
    return _until_stopped(lambda stop: serve_all(settings, _announce, stop))


@contextlib.contextmanager
def _everything_stays() -> Iterator[None]:
    """Around imports: nothing they make is garbage, and looking for some is a sixth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def is_demo(environment: Mapping[str, str], env_file: str = ".env") -> bool:
    """Whether nothing names a gateway: `Settings.demo` without what reading all settings takes.

    Raises StartError as reading all of them would.
    """
    from bot.envfile import read_env_file

    written = read_env_file(env_file)
    return not any(environment.get(name) or written.get(name) for name in CREDENTIALS)


def _announce(address: str) -> None:
    _print(f"Open {address}\n")


def _until_stopped(work: "Callable[[asyncio.Event], Coroutine[Any, Any, None]]") -> int:
    """Run until SIGINT or SIGTERM asks for an orderly end; a second one, of either kind, ends at once."""
    import asyncio
    import signal

    async def run_it() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)

        def once() -> None:
            stop.set()
            for number in numbers:
                loop.remove_signal_handler(number)

        for number in numbers:
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
                loop.add_signal_handler(number, once)
        await work(stop)

    asyncio.run(run_it())
    return 0


def ask(options: argparse.Namespace) -> int:
    """`gatepost ask`."""
    import asyncio
    import tempfile

    from bot.settings import read_settings

    for path in options.files:
        if path.is_dir() or not path.exists():
            said = f"{path} is a directory, not a file." if path.is_dir() else f"There is no file {path}."
            raise StartError(said)
    text = _question(options.text)
    if not text.strip() and not options.files:
        raise StartError("There is nothing to ask: the question is empty.")
    settings = read_settings()

    with _everything_stays():
        from bot.app import ask as ask_once

    _log_faults_only(settings)
    if options.model:
        settings = settings.model_copy(update={"default_model": options.model})
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="gatepost-ask-") as directory:
        whole = asyncio.run(ask_once(settings, text, options.files, Path(directory), _print, _note))
    return 0 if whole else 1


def _question(typed: str) -> str:
    if typed != "-":
        return typed
    if sys.stdin is None:
        raise StartError("Standard input is closed, so there is no question to read.")
    return sys.stdin.read()


def _log_faults_only(settings: "Settings") -> None:
    """Who waits for one answer reads errors and no more, unless more is asked for."""
    from bot.log import start_logging

    level = settings.log_level if "log_level" in settings.model_fields_set else "error"
    start_logging(level, settings.log_format, settings.secrets)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end what runs inside as Ctrl-C would, cleaning up; then exit with 143."""
    import signal

    came: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        came.append(number)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if came:
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def models(options: argparse.Namespace) -> int:
    """`gatepost models`."""
    import asyncio

    from bot.app import list_models
    from bot.commands.wording import abilities, price
    from bot.settings import read_settings

    settings = read_settings()
    _log_faults_only(settings)
    found = sorted(asyncio.run(list_models(settings)), key=lambda model: model.id)
    if options.json:
        import orjson

        _print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
        return 0
    rows = [
        (m.id, f"{m.context_window:,}" if m.context_window else "-", price(m), ", ".join(abilities(m)) or "-")
        for m in found
    ]
    _print(_table(("id", "context", "price", "can"), rows))
    return 0


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


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


def upgrade(_options: argparse.Namespace) -> int:
    """`gatepost db upgrade`."""
    from bot.settings import read_settings
    from bot.store.upgrade import upgrade as upgrade_database

    settings = read_settings()
    done = upgrade_database(settings.data_dir, settings.database)
    if done.before == done.after:
        _print(f"The database is up to date, at {done.after}.\n")
        return 0
    _print(f"The database was brought from {done.before or 'nothing'} to {done.after}.\n")
    if done.copy:
        _print(f"A copy of what it was is in {done.copy}.\n")
    return 0


def backup(options: argparse.Namespace) -> int:
    """`gatepost db backup FILE`."""
    from bot.settings import read_settings
    from bot.store.backup import backup as back_up

    settings = read_settings()
    made = back_up(settings.data_dir, settings.database, options.archive)
    _print(f"{made.archive}: database at {made.revision}, {made.files} files.\n")
    if made.lost:
        _note(f"{made.lost} files that the database names were not on the disk.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """`gatepost db restore FILE`."""
    from bot.settings import read_settings
    from bot.store.backup import restore as put_back

    settings = read_settings()
    done = put_back(options.archive, settings.data_dir, settings.database)
    _print(f"Restored: database at {done.revision}, {done.files} files, made by version {done.version}.\n")
    for path in done.aside:
        _print(f"What was there before is now in {path}.\n")
    return 0
