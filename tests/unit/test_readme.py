"""What the README lists is what there is."""

import re
from pathlib import Path

from bot.commands import COMMANDS
from bot.commands.help import usage
from bot.metrics import Metrics
from bot.settings import Settings
from bot.tools import TOOLS

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_every_setting_has_a_row() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", README, re.MULTILINE)
    named = set(re.findall(r"[A-Z][A-Z_]+", " ".join(rows)))

    assert {field.upper() for field in Settings.model_fields} <= named


def test_every_command_has_a_row_as_it_is_typed() -> None:
    for command in COMMANDS:
        assert f"| `{usage(command.spec)}` |" in README


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", README)

    assert named
    assert [name for name in named if not (Path(__file__).parents[2] / name).exists()] == []


def test_every_tool_has_a_row_and_a_place_in_the_help() -> None:
    names = [tool.name for tool in TOOLS]

    assert names == sorted(names)
    for tool in TOOLS:
        assert f"| `{tool.name}` |" in README
        assert tool.label
        assert tool.spec.description


def test_every_figure_has_a_row() -> None:
    rows = re.findall(r"^\| (`gatepost_[^|]+) \|", README, re.MULTILINE)
    named = set(re.findall(r"gatepost_[a-z_]+", " ".join(rows)))
    asked_for = {"gatepost_turns_running", "gatepost_turns_waiting"}  # watched by whoever serves

    assert set(Metrics("1").names()) | asked_for == named


def test_the_test_command_is_what_the_script_runs() -> None:
    script = (Path(__file__).parents[2] / ".ci" / "run").read_text()
    blocks = re.findall(r"```sh\n(.+?)\n```", README)
    test_command = next(block for block in blocks if "pytest" in block)

    assert test_command.replace("python3 -m venv", '"$python" -m venv') in script


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", README)

    assert named
    for file, test in named:
        assert f"def {test}(" in (Path(__file__).parents[2] / file).read_text(), f"{file}::{test}"
