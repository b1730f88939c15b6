"""Which models `/models` and `gatepost models` list for the words that are typed, and in which order."""

from bot.commands.matching import matching
from bot.messages import Model

MODELS = (
    Model("zeta/fast-3", "Quick Three", sees=True, reads_files=True, calls_tools=True),
    Model("acme/paint", type="image", image_price="0.04", draws=True),
    Model("acme/old", withdrawn_at=1_790_000_000.0, free=True),
    Model("acme/alpha", "Alpha"),
    Model("acme/words-into-numbers", type="embedding"),
    Model("acme/films", type="video"),
)


def found(typed: str, recent: tuple[str, ...] = ()) -> list[str]:
    return [model.id for model in matching(MODELS, typed, recent)]


def test_every_word_has_to_fit_in_any_of_what_is_known() -> None:
    assert found("quick") == ["zeta/fast-3"]
    assert found("ACME draws") == ["acme/paint"]
    assert found("reads files") == ["zeta/fast-3"]
    assert found("free") == ["acme/old"]
    assert found("withdrawn") == ["acme/old"]
    assert found("video") == ["acme/films"]
    assert found("acme tools") == []


def test_without_words_all_are_listed_those_that_chat_first_and_those_that_leave_last() -> None:
    everything = ["acme/alpha", "zeta/fast-3", "acme/paint", "acme/words-into-numbers", "acme/films", "acme/old"]

    assert found("") == everything
    assert found("", recent=("zeta/fast-3",))[:2] == ["zeta/fast-3", "acme/alpha"]


def test_a_better_fit_comes_first_by_id_and_name_before_price_and_abilities() -> None:
    paints = (Model("acme/brush", type="image", draws=True), Model("acme/draws-well"), Model("acme/draws"))

    assert [model.id for model in matching(paints, "draws")] == ["acme/draws", "acme/draws-well", "acme/brush"]
    assert found("acme/paint") == ["acme/paint"]
