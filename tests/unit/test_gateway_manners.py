"""How requests are written for an endpoint, and what its refusals teach."""

import pytest

from bot.errors import GatewayDown, ParameterNotSupported, RequestInvalid
from bot.gateway.manners import LEARNED_FOR, Manners
from bot.messages import ChatRequest, FilePart, PromptMessage, TextPart

GATEWAY = "https://ai-gateway.vercel.sh/v1"
OTHER = "http://127.0.0.1:9/v1"
WORDS = PromptMessage("user", (TextPart("Hi"),))
FILE = PromptMessage("user", (FilePart("q3.pdf", "application/pdf", b"%PDF"),))
REQUEST = ChatRequest("acme/alpha-2", (WORDS,))


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _manners(base_url: str = GATEWAY, *, listed: bool = False, time: Time | None = None) -> Manners:
    return Manners(base_url, lambda: listed, time or Time())


@pytest.mark.parametrize(
    ("base_url", "listed", "routes"), [(GATEWAY, False, True), (OTHER, False, False), (OTHER, True, True)]
)
def test_a_gateway_is_known_by_its_host_or_by_the_prices_it_lists(
    base_url: str, listed: bool, routes: bool
) -> None:
    dialect = _manners(base_url, listed=listed).dialect("acme/alpha-2")

    assert dialect.routes is routes
    assert dialect.openai_files is not routes, "each endpoint first gets the form that it documents first"


def test_a_refused_parameter_is_left_out_for_a_day_and_for_that_model_alone() -> None:
    time = Time()
    manners = _manners(time=time)
    before = manners.dialect("acme/alpha-2")

    assert manners.learn(REQUEST, ParameterNotSupported("400", about="temperature"), [before])
    assert manners.dialect("acme/alpha-2").without == {"temperature"}
    assert manners.dialect("zeta/fast-3").without == frozenset()

    after = manners.dialect("acme/alpha-2")
    assert not manners.learn(REQUEST, ParameterNotSupported("400", about="temperature"), [before, after])
    time.now += LEARNED_FOR
    assert manners.dialect("acme/alpha-2").without == frozenset()


def test_a_refused_file_is_tried_in_the_other_form_once() -> None:
    manners = _manners()
    request = ChatRequest("acme/alpha-2", (FILE,))
    one = manners.dialect(request.model)

    assert manners.learn(request, RequestInvalid("400"), [one])
    two = manners.dialect(request.model)
    assert two.openai_files is not one.openai_files
    assert not manners.learn(request, RequestInvalid("400"), [one, two])
    assert manners.dialect(request.model) == one, "nothing is known then, so all stays as it was"


def test_other_failures_teach_nothing_about_writing() -> None:
    manners = _manners()

    assert not manners.learn(REQUEST, RequestInvalid("400"), [manners.dialect(REQUEST.model)])
    assert not manners.learn(ChatRequest("m", (FILE,)), GatewayDown("503"), [manners.dialect("m")])
