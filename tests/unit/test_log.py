"""Logs: one line an event, and no secret in any."""

import io
import json
import logging

import pytest
import structlog

from bot.log import HIDDEN, start_logging


def test_secrets_are_taken_out_of_events_details_and_library_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    start_logging("info", "json", ["vck_secret"])

    structlog.get_logger("bot.test").warning("refused vck_secret", detail="key vck_secret", turn="t1")
    logging.getLogger("aiohttp.server").error("header vck_secret")
    try:
        raise ValueError("vck_secret")
    except ValueError:
        structlog.get_logger("bot.test").exception("broke")

    written = err.getvalue()
    lines = [json.loads(line) for line in written.splitlines()]
    assert "vck_secret" not in written
    assert lines[0]["detail"] == f"key {HIDDEN}"
    assert lines[0]["turn"] == "t1"
    assert len(lines) == 3


def test_the_level_is_for_us_and_libraries_stay_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    start_logging("debug", "text", [])

    structlog.get_logger("bot.test").debug("ours")
    logging.getLogger("aiohttp.access").info("theirs")

    assert "ours" in err.getvalue()
    assert "theirs" not in err.getvalue()
