"""The gateway's list of models: in memory and on disk, read anew now and then, never waited for by a message."""

import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from urllib.parse import quote

import structlog

from bot.errors import GatewayDown, GatewayError, ModelUnknown
from bot.gateway.rows import model_in, models_in, providers_in
from bot.gateway.search import Index
from bot.messages import Ability, Model, ModelDetails, Purpose
from bot.ports import Clock

log = structlog.get_logger(__name__)

MAX_BYTES = 16 * 1024 * 1024
"""More than this is no list of models; the real one has about one million bytes."""

LIFE = (3000.0, 4200.0)
"""Seconds for which a list counts as fresh: about an hour, never in step with other programs."""

_PAUSES = (60.0, 120.0)
"""Seconds until a list that could not be read is asked for again; doubled after every failure, up to an hour."""

LEARNED_FOR = 24 * 3600.0
"""Seconds for which a refusal is believed more than the list."""

SOON = 30 * 24 * 3600.0
"""Seconds before its withdrawal from which on a model is no longer offered."""

_ID = re.compile(r"[\w@+~-][\w.:@+~-]*(/[\w@+~-][\w.:@+~-]*)*")

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the body of a path under the base URL. Fails with a `GatewayError`."""


class Catalogue:
    """The models. Every question is answered from memory, at once, from the last list that was good.

    `cache_file` keeps that list across restarts. The operator is warned when one of the `watched` models is not
    listed or is about to be withdrawn.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        clock: Clock,
        random: Random,
        cache_file: Path | None = None,
        watched: Collection[str] = (),
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._random = random
        self._cache_file = cache_file
        self._watched = tuple(dict.fromkeys(watched))
        self._warned: set[tuple[str, str]] = set()
        self._models: dict[str, Model] = {}
        self._index = Index(())
        self._unable: dict[str, dict[Ability, float]] = {}
        self._read_at = 0.0

    def model(self, model_id: str) -> Model | None:
        """What is known of a model: the list's row, and what a refusal has taught since; None for nothing."""
        known = self._models.get(model_id)
        taught = self._unable.get(model_id)
        if not taught:
            return known
        now = self._clock()
        lacking = {ability.value: False for ability, until in taught.items() if until > now}
        return replace(known or Model(model_id), **lacking) if lacking else known  # type: ignore[arg-type]

    def thinks(self, model_id: str) -> bool:
        """Whether a model is known to think before it answers."""
        known = self.model(model_id)
        return known is not None and known.reasons is True

    def models(self) -> Sequence[Model]:
        """The whole list, in the gateway's order; empty until it has been read once."""
        return tuple(self._models.values())

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        """The models that fit what was typed so far, best first; those about to be withdrawn by whole id only."""
        found = self._index.search(typed, limit, purpose, recent, withdrawn_before=self._clock() + SOON)
        return [self.model(model_id) or self._models[model_id] for model_id in found]

    def learned(self, model_id: str, unable: Ability) -> None:
        """A refusal has shown what a model cannot do. It is believed for a day, and forgotten by a restart."""
        log.info("learned", model=model_id, unable=unable.value)
        self._unable.setdefault(model_id, {})[unable] = self._clock() + LEARNED_FOR

    async def recall(self) -> bool:
        """Take the copy on disk where nothing is known yet; whether anything is known then."""
        if not self._models and self._cache_file is not None:
            models, read_at = await asyncio.to_thread(load, self._cache_file)
            if not self._models:
                self._know(models, read_at)
        return bool(self._models)

    @property
    def priced(self) -> bool:
        """Whether prices are listed as the AI gateway lists them; no other endpoint does."""
        return any(model.input_price is not None for model in self._models.values())

    @property
    def fresh(self) -> bool:
        """Whether there is a list younger than its life."""
        return bool(self._models) and 0 <= self._clock() - self._read_at < LIFE[0]

    async def refresh(self) -> None:
        """Read the list anew, and keep a copy on disk.

        Raises a `GatewayError` when it cannot be read. The models known before stand then, or those of the copy.
        """
        await self.recall()
        body = await self._fetch("/models")
        models = await asyncio.to_thread(models_in, body)
        if not models:
            raise GatewayDown("the list of models holds none")
        self._know(models, self._clock())
        self._warn()
        await self._keep_copy(body)

    async def keep_fresh(self) -> None:
        """Take the copy, and read the list whenever its life is over, for ever. A failure is logged, no more."""
        failures = 0
        if await self.recall() and self.fresh:
            self._warn()
            await asyncio.sleep(self._random.uniform(*LIFE) - (self._clock() - self._read_at))
        while True:
            try:
                await self.refresh()
                failures = 0
                pause = self._random.uniform(*LIFE)
            except GatewayError as error:
                log.warning("catalogue not read", failure=type(error).__name__, detail=str(error))
                pause = min(self._random.uniform(*_PAUSES) * 2**failures, LIFE[0])
                failures = min(failures + 1, 10)
            await asyncio.sleep(pause)

    async def details(self, model_id: str) -> ModelDetails:
        """A model with its providers, asked for now. Raises `ModelUnknown`, or another `GatewayError` when nothing
        is known of the model and the endpoint does not say."""
        if not _ID.fullmatch(model_id):
            raise ModelUnknown("not a model's id")
        path = f"/models/{quote(model_id, safe='/:@+~')}"
        model = self.model(model_id) or model_in(await self._fetch(path))
        if model is None:
            raise ModelUnknown("no such row")
        try:
            return ModelDetails(model, providers_in(await self._fetch(f"{path}/endpoints")))
        except GatewayError as error:  # most other endpoints do not have this path
            log.info("providers not told", model=model_id, failure=type(error).__name__)
            return ModelDetails(model)

    def _know(self, models: Iterable[Model], read_at: float) -> None:
        self._models = {model.id: model for model in models}
        self._index = Index(self._models.values())
        self._read_at = read_at

    def _warn(self) -> None:
        """Tell the operator, once for each, of watched models that cannot be counted on."""
        for model_id in self._watched:
            model = self._models.get(model_id)
            if model is None:
                self._warn_once(model_id, "not listed by the gateway")
            elif model.withdrawn_at is not None and model.withdrawn_at < self._clock() + SOON:
                day = datetime.fromtimestamp(model.withdrawn_at, UTC)
                self._warn_once(model_id, f"withdrawn on {day:%Y-%m-%d}")

    def _warn_once(self, model_id: str, reason: str) -> None:
        if (model_id, reason) not in self._warned:
            self._warned.add((model_id, reason))
            log.warning("choose another model", model=model_id, reason=reason)

    async def _keep_copy(self, body: bytes) -> None:
        if self._cache_file is None or not self._cache_file.parent.is_dir():
            return  # who asks once in some directory does not want another one there
        try:
            await asyncio.to_thread(save, self._cache_file, body)
        except OSError as error:
            log.warning("catalogue not kept", failure=type(error).__name__, errno=error.errno)


def load(file: Path) -> tuple[tuple[Model, ...], float]:
    """The models of the copy on disk, and when it was written; none when there is no readable copy."""
    try:
        return models_in(file.read_bytes()), file.stat().st_mtime
    except OSError:
        return (), 0.0


def save(file: Path, body: bytes) -> None:
    """Keep a `GET /models` answer on disk, whole or not at all. Raises `OSError`."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
