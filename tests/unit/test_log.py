"""Logs: one line an event, and no secret in any."""

import io
import json
import logging
import threading
from collections.abc import Callable

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from bot.log import HIDDEN, start_logging

pytestmark = pytest.mark.usefixtures("logging_as_before")


def test_secrets_are_taken_out_of_events_details_and_library_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    handler = start_logging("info", "json", ["vck_secret"])

    structlog.get_logger("bot.test").warning("refused vck_secret", detail="key vck_secret", turn="t1")
    logging.getLogger("aiohttp.server").error("header vck_secret")
    try:
        raise ValueError("vck_secret")
    except ValueError:
        structlog.get_logger("bot.test").exception("broke")
    handler.close()

    written = err.getvalue()
    lines = [json.loads(line) for line in written.splitlines()]
    assert "vck_secret" not in written
    assert lines[0]["detail"] == f"key {HIDDEN}"
    assert lines[0]["turn"] == "t1"
    assert len(lines) == 3


class Wish(BaseModel):
    """Something to be validated."""

    number: int


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: ExceptionGroup("two at once", [error])])
@pytest.mark.parametrize("library", [False, True])
def test_what_failed_a_validation_is_logged_by_place_and_kind_and_never_by_value(
    wrap: Callable[[ValidationError], Exception], library: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    handler = start_logging("info", "json", [])
    log = logging.getLogger("asyncio") if library else structlog.get_logger("bot.test")

    try:
        try:
            Wish(number=" ".join(("my", "private", "words")))  # so that no line of source holds it
        except ValidationError as error:
            raise wrap(error) from error
    except (ValidationError, ExceptionGroup) as error:
        try:
            raise RuntimeError("broke") from error
        except RuntimeError:
            log.exception("broke")
    handler.close()

    assert "my private" not in err.getvalue()
    assert "Wish: number (int_parsing)" in json.loads(err.getvalue())["exception"]
    assert "RuntimeError: broke" in json.loads(err.getvalue())["exception"]


def test_the_level_is_for_us_and_libraries_stay_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    handler = start_logging("debug", "text", [])

    structlog.get_logger("bot.test").debug("ours")
    logging.getLogger("aiohttp.access").info("theirs")
    handler.close()

    assert "ours" in err.getvalue()
    assert "theirs" not in err.getvalue()


def test_a_reader_that_stands_still_holds_up_nobody_and_costs_no_endless_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    err = StandingStill()
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setattr("bot.log.MOST_UNWRITTEN", 10)
    handler = start_logging("info", "json", [])

    structlog.get_logger("bot.test").info("first")
    assert err.reached.wait(10)
    for number in range(100):
        structlog.get_logger("bot.test").info("while it stands", number=number)
    err.goes_on.set()
    handler.close()

    written = [json.loads(line).get("number") for line in err.getvalue().splitlines()]
    assert written == [None, *range(10)]


class StandingStill(io.StringIO):
    """A pipe whose reader has stopped until `goes_on`."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.goes_on = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        self.goes_on.wait(10)
        return super().write(text)
