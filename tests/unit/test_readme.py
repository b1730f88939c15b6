"""What the README lists is what there is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.commands import COMMANDS
from bot.commands.help import usage
from bot.errors import GatepostError
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


def test_every_sentence_of_the_troubleshooting_table_is_one_the_program_says() -> None:
    table = README[README.index("### When something is wrong") : README.index("## What it promises")]
    left = "\n".join(re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE))
    sentences = re.findall(r"(?<!\*)\*([^*|]{10,}?)\*(?!\*)", left)
    said = "\n".join(_texts())

    assert len(sentences) > 25
    assert [sentence for sentence in sentences if sentence not in said] == []


def test_what_tells_people_of_the_operator_is_in_the_troubleshooting_table() -> None:
    told = {kind.sentence for kind in _errors(GatepostError) if "operator" in kind.sentence}

    assert len(told) >= 4
    assert [sentence for sentence in sorted(told) if f"| *{sentence}* |" not in README] == []


def _texts() -> Iterator[str]:
    """Everything the program may say, as it stands in its code; what is filled in is left out."""
    for room in ("bot", "adapters"):
        for file in (Path(__file__).parents[2] / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _errors(kind: type[GatepostError]) -> Iterator[type[GatepostError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _errors(below)
