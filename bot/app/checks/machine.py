"""Looks at the machine: the settings' file, the data directory, the disk, the database, the port."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import aiohttp

from bot.app.core import servers_in
from bot.envfile import read_env_file
from bot.errors import StartError
from bot.http import try_port
from bot.messages import Finding, Mark
from bot.settings import NOTHING_TO_RUN, SECRETS, Settings
from bot.store.lock import serving_process
from bot.store.upgrade import examine

_LITTLE_ROOM, _NO_ROOM = 1_000_000_000, 100_000_000
"""Bytes of free disk below which the operator is warned, and below which a bot cannot work for long."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORT_SECONDS = 3.0


async def check_machine(settings: Settings) -> Sequence[Finding]:
    """A row for each."""
    serving = await asyncio.to_thread(serving_process, settings.data_dir)
    here = await asyncio.to_thread(lambda: list(_files(settings, serving)))
    return [*here, await _port(settings, serving), *_page(settings)]


def _files(settings: Settings, serving: str | None) -> Iterator[Finding]:
    yield _env_file()
    yield _found("data directory", lambda: _data_directory(settings.data_dir))
    yield _disk(settings.data_dir)
    yield _found("database", lambda: examine(settings.database, may_lock=serving is None))
    if settings.mcp_config is not None:
        yield _found("mcp servers", lambda: ", ".join(servers_in(settings)) or "none are named")


def _found(name: str, look: Callable[[], str]) -> Finding:
    """What looking gave, or the sentence with which the start would stop."""
    try:
        return Finding(name, Mark.OK, look())
    except StartError as error:
        return Finding(name, Mark.FAULT, error.said)


def _env_file() -> Finding:
    """Settings in a file that nobody reads are the most common mistake of all; then names with a slip in them."""
    here = Path(".env").absolute()
    for place, names in ((str(here), read_env_file(str(here))), ("the environment", os.environ)):
        if slips := _slips(names):
            said = "; ".join(f"nothing reads {name}: is {meant} meant?" for name, meant in slips)
            return Finding("settings", Mark.WARNING, f"In {place}: {said}")
    if os.path.isfile(here):
        return Finding("settings", Mark.OK, f"read from {here} and the environment")
    near = (Path(__file__).parents[3] / ".env", here.parent.parent / ".env")
    elsewhere = next((path for path in near if os.path.isfile(path)), None)
    if elsewhere is not None:
        said = f"{elsewhere} is not read, as there is none in {here.parent}. Start from {elsewhere.parent}."
        return Finding("settings", Mark.WARNING, said)
    return Finding("settings", Mark.OK, f"from the environment; there is no .env in {here.parent}")


def _slips(names: Iterable[str]) -> Sequence[tuple[str, str]]:
    """Names that are almost a setting's, with that; much else there is for other programs."""
    known = [*(field.upper() for field in Settings.model_fields), *(f"{secret}_FILE" for secret in SECRETS)]
    unknown = (name for name in names if name.upper() not in known)
    return [(name, near[0]) for name in unknown if (near := get_close_matches(name.upper(), known, 1, 0.85))]


def _data_directory(directory: Path) -> str:
    existing = next(path for path in (directory, *directory.absolute().parents) if os.path.exists(path))
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        reason = "it is a file" if existing.is_file() else error.strerror
        said = f"The data directory {directory} can't be written: {reason}. Set DATA_DIR to another one."
        raise StartError(said) from error
    return str(directory.absolute()) if existing == directory else f"{directory.absolute()} will be made"


def _disk(directory: Path) -> Finding:
    existing = next(path for path in (directory.absolute(), *directory.absolute().parents) if os.path.isdir(path))
    free = shutil.disk_usage(existing).free
    said = f"{free / 1e9:.1f} GB free"
    if free < _NO_ROOM:
        return Finding("disk", Mark.FAULT, f"{said}: the disk that holds {existing} is full. Make room on it.")
    if free < _LITTLE_ROOM:
        return Finding("disk", Mark.WARNING, f"{said} on the disk that holds {existing}. Make room on it soon.")
    return Finding("disk", Mark.OK, said)


async def _port(settings: Settings, serving: str | None) -> Finding:
    host, port = settings.http_host, settings.http_port
    if serving is not None and await _answers(host, port):
        return Finding("port", Mark.OK, f"{port} on {host}, served by the bot that runs (process {serving})")
    try:
        await try_port(host, port)
    except StartError as error:
        return Finding("port", Mark.FAULT, error.said)
    return Finding("port", Mark.OK, f"{port} on {host} is free" if port else f"a free one on {host}")


async def _answers(host: str, port: int) -> bool:
    """Whether a bot of ours is there."""
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PORT_SECONDS)) as session,
            session.get(f"http://{name}:{port}/healthz") as response,
        ):
            return response.status == 200 and await response.text() == "ok\n"
    except (aiohttp.ClientError, TimeoutError):
        return False


def _page(settings: Settings) -> Iterator[Finding]:
    if not settings.shows_page:
        if not settings.platforms:
            yield Finding("platforms", Mark.FAULT, NOTHING_TO_RUN)
        return
    if settings.http_host not in _LOOPBACK and settings.playground_password is None:
        said = "The page answers this machine only. To let others in, set PLAYGROUND_PASSWORD."
        yield Finding("playground", Mark.WARNING, said)
    else:
        yield Finding("playground", Mark.OK, "served")
