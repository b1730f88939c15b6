"""Finding a model while somebody types."""

from collections.abc import Iterator, Sequence

from bot.gateway.search import Index, near, spelled_as_listed
from bot.messages import Model, Purpose

TODAY = 1_790_000_000.0

MODELS = (
    Model("acme/alpha-2", "Alpha 2"),
    Model("acme/alpha-2-mini", "Alpha 2 mini"),
    Model("acme/beta", "Beta"),
    Model("zeta/alphabet", "Zeta Letters"),
    Model("zeta/fast-3", "Quick Three"),
    Model("acme/alpha-draw", "Alpha Draw", type="image", draws=True),
    Model("acme/paints", "Alpha Paints", type="video"),
    Model("acme/alpha-1", "Alpha 1", withdrawn_at=TODAY - 1),
)


INDEX = Index(MODELS)


def _found(typed: str, limit: int = 25, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()) -> list[str]:
    return INDEX.search(typed, limit, purpose, recent, withdrawn_before=TODAY)


def test_a_whole_id_comes_first_then_ids_that_begin_with_it() -> None:
    assert _found("acme/alpha-2") == ["acme/alpha-2", "acme/alpha-2-mini"]


def test_a_whole_name_comes_before_those_that_begin_with_it() -> None:
    assert _found("alpha 2") == ["acme/alpha-2", "acme/alpha-2-mini"]
    assert _found("fast-3") == ["zeta/fast-3"]


def test_an_id_is_known_however_it_is_capitalised_spaced_or_quoted() -> None:
    for typed in ("ACME/Alpha-2", " acme/alpha-2 ", "`acme/alpha-2`", "“Acme/alpha-2”.", "acme/alpha-2"):
        assert spelled_as_listed(MODELS, typed) == "acme/alpha-2"
    twice = (*MODELS, Model("Acme/Beta", "Other"))
    assert spelled_as_listed(twice, "Acme/Beta") == "Acme/Beta"
    assert spelled_as_listed(twice, "ACME/BETA") == "ACME/BETA"
    assert spelled_as_listed(MODELS, "`nobody/nothing`") == "nobody/nothing"


def test_a_slip_is_told_from_a_model_that_there_is_not() -> None:
    assert near(MODELS, "acme/alfa-2")[0] == "acme/alpha-2"
    assert near(MODELS, "Alphabeth", 1) == ["zeta/alphabet"]
    assert near(MODELS, "something quite different") == []


def test_the_maker_need_not_be_typed_nor_the_case_be_right() -> None:
    assert _found(" ALPHA") == ["acme/alpha-2", "acme/alpha-2-mini", "zeta/alphabet"]


def test_a_name_is_found_as_well_as_an_id() -> None:
    assert _found("quick") == ["zeta/fast-3"]


def test_all_words_have_to_be_somewhere() -> None:
    assert _found("mini acme") == ["acme/alpha-2-mini"]
    assert _found("mini zeta") == []


def test_nothing_typed_offers_language_models_only_and_not_too_many() -> None:
    assert _found("") == [model.id for model in MODELS[:5]]
    assert len(_found("", limit=2)) == 2


def test_among_equals_what_was_used_here_lately_comes_first_but_never_before_a_better_fit() -> None:
    assert _found("", recent=("zeta/fast-3", "acme/beta"))[:3] == ["zeta/fast-3", "acme/beta", "acme/alpha-2"]
    assert _found("acme/", recent=("zeta/fast-3", "acme/beta"))[0] == "acme/beta"
    assert _found("alpha", recent=("zeta/alphabet",)) == ["zeta/alphabet", "acme/alpha-2", "acme/alpha-2-mini"]
    assert _found("acme/alpha", recent=("zeta/alphabet",))[0] == "acme/alpha-2"


def test_a_model_about_to_be_withdrawn_is_found_by_its_whole_id_only() -> None:
    assert "acme/alpha-1" not in _found("alpha")
    assert _found("acme/alpha-1") == ["acme/alpha-1"]


def test_a_model_is_looked_for_by_what_it_is_to_do() -> None:
    assert _found("", purpose=Purpose.DRAW) == ["acme/alpha-draw"]
    assert _found("", purpose=Purpose.EMBED) == []


def test_a_keystroke_looks_at_each_model_once_and_sorts_only_what_fits() -> None:
    counting = _Counting(f"maker-{n % 20}/model-{n}" for n in range(400))
    index = Index(counting)
    index.search("number", 25, Purpose.CHAT, (), withdrawn_before=TODAY)
    index.search("maker-3", 25, Purpose.CHAT, (), withdrawn_before=TODAY)

    assert counting.read == 400, "the list is read when it arrives, and not again for a keystroke"


class _Counting:
    """Models that count how often they are read."""

    def __init__(self, ids: Iterator[str]) -> None:
        self.read = 0
        self._models = [Model(model_id) for model_id in ids]

    def __iter__(self) -> Iterator[Model]:
        for model in self._models:
            self.read += 1
            yield model
