"""What the running program writes into its log: a line for each turn, and nothing that people or models said."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.demo.server import DemoGateway
from tests.crash.page import Seen, page
from tests.crash.program import PATIENCE, Program, program

KEY, WORDS, NAME, CONTENT = "vck_canarykey1234", "canarywords", "canaryname.txt", "canarycontent"
PROVIDER = "api_key_id_demo123"  # which the built-in gateway's refusal names, as a real one does

QUESTIONS = {
    "question-0001": f"What does {WORDS} say?",
    "question-0002": f"fault: drop-mid-stream:8\n{WORDS}",
    "question-0003": f"fault: quota\n{WORDS}",  # last, for nothing is sent after it
}


def answered(count: int) -> Callable[[Seen], bool]:
    return lambda seen: sum(one.us and one.final for one in seen.values()) >= count


async def logged(running: Program, turns: int) -> str:
    """The log, once it tells of so many turns: it is written beside everything else."""
    async with asyncio.timeout(PATIENCE):
        while (written := running.log()).count('"turn ended"') < turns:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
    return written


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_the_log_has_a_line_for_each_turn_and_no_word_name_content_or_key(
    tmp_path: Path, level: str
) -> None:
    async with DemoGateway(pace=5000, first_token=0.0) as gateway:
        wanted = {
            "AI_GATEWAY_API_KEY": KEY,
            "AI_GATEWAY_BASE_URL": gateway.base_url,
            "DEFAULT_MODEL": "gatepost/faulty",
            "LOG_LEVEL": level,
            "LOG_FORMAT": "json",
            "PLAYGROUND": "on",
        }
        async with program(tmp_path, **wanted) as running, page(running) as here:
            for count, (client_id, text) in enumerate(QUESTIONS.items(), 1):
                file = (NAME, CONTENT.encode()) if client_id == "question-0001" else None
                await here.say("ada", text, "dm-ada", client_id, file)
                await here.until(answered(count))
            written = await logged(running, len(QUESTIONS))

    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    turns = [line for line in lines if line["event"] == "turn ended"]
    assert not [canary for canary in (KEY, WORDS, NAME, CONTENT, PROVIDER) if canary in written]
    assert [line["result"] for line in turns] == ["done", "interrupted", "failed"]
    whole = {
        "place",
        "turn",
        "platform",
        "model",
        "seconds",
        "first_text",
        "prompt_tokens",
        "completion_tokens",
        "cost",
    }
    assert whole <= set(turns[0])
    assert turns[0]["place"] == "web:local:dm-ada"
