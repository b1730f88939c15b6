"""Answers as values: what is asked, what is checked, what is asked again."""

from typing import Literal

import orjson
import pytest
from pydantic import BaseModel, Field

from bot.errors import AnswerUnfit
from bot.gateway.structured import closed, structured
from bot.messages import ChatRequest, Completed, Finish, Model, PromptMessage, TextPart, ToolCall


class Step(BaseModel):
    title: str
    kind: Literal["a", "b"] = "a"


class Plan(BaseModel):
    """What to do, step by step."""

    steps: list[Step]
    hours: int = Field(3, ge=1)


REQUEST = ChatRequest("acme/alpha-2", (PromptMessage("user", (TextPart("Plan it."),)),))
GOOD = '{"steps":[{"title":"Begin"}],"hours":2}'


class Asked:
    """A model that answers by a list, and keeps what it was asked."""

    def __init__(self, *answers: str, calls: bool = False) -> None:
        self._answers = list(answers)
        self._calls = calls
        self.requests: list[ChatRequest] = []

    async def __call__(self, request: ChatRequest) -> Completed:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if self._calls:
            return Completed("", Finish("tool_calls", (ToolCall("call_1", "plan", answer),)))
        return Completed(answer, Finish("stop"))


async def test_a_schema_is_asked_for_and_the_answer_checked() -> None:
    asked = Asked(GOOD)

    answer = await structured(asked, REQUEST, Plan, None)

    assert answer.value == Plan(steps=[Step(title="Begin")], hours=2)
    assert len(answer.rounds) == 1
    schema = asked.requests[0].answer_schema
    assert schema is not None
    assert (schema.name, schema.description) == ("plan", "What to do, step by step.")
    assert schema.schema["required"] == ["steps", "hours"]
    assert schema.schema["additionalProperties"] is False


async def test_an_answer_in_a_fence_is_an_answer() -> None:
    assert (await structured(Asked(f"```json\n{GOOD}\n```"), REQUEST, Plan, None)).value.hours == 2


async def test_what_does_not_fit_is_asked_for_once_more_with_the_fault_named() -> None:
    asked = Asked('{"steps":[{"title":"Begin"}],"hours":0}', GOOD)

    answer = await structured(asked, REQUEST, Plan, None)

    assert answer.value.hours == 2
    assert len(answer.rounds) == 2
    again = asked.requests[1].messages
    assert [message.role for message in again] == ["user", "assistant", "user"]
    (complaint,) = again[-1].parts
    assert isinstance(complaint, TextPart)
    assert "hours" in complaint.text


async def test_what_does_not_fit_twice_is_given_up() -> None:
    with pytest.raises(AnswerUnfit, match="Plan"):
        await structured(Asked("no", "still no"), REQUEST, Plan, None)


async def test_a_model_without_schemas_has_to_call_a_tool_instead() -> None:
    asked = Asked(GOOD, calls=True)
    able = Model("acme/alpha-2", parameters=("tools",), calls_tools=True)

    assert (await structured(asked, REQUEST, Plan, able)).value.hours == 2

    (request,) = asked.requests
    assert request.answer_schema is None
    assert request.tool_choice == "plan" == request.tools[0].name


async def test_a_model_with_neither_is_told_the_schema_in_words() -> None:
    asked = Asked(GOOD)
    plain = Model("acme/alpha-2", parameters=(), calls_tools=False)

    assert (await structured(asked, REQUEST, Plan, plain)).value.hours == 2

    (request,) = asked.requests
    assert request.tools == ()
    (said,) = request.messages[-1].parts
    assert isinstance(said, TextPart)
    assert orjson.loads(said.text.partition("\n")[2])["required"] == ["steps", "hours"]


def test_a_closed_schema_keeps_names_that_look_like_keywords() -> None:
    schema = closed(Plan.model_json_schema())

    step = schema["$defs"]["Step"]
    assert step["properties"].keys() == {"title", "kind"}
    assert step["required"] == ["title", "kind"]
    assert "default" not in orjson.dumps(schema).decode()
