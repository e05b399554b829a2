"""What product code says in a test is rendered: every error and fault must carry the facts that its texts need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Any

import pytest
from raise_sites import literals_of, sources

from errors import Fault, SurveyError
from errors.messages import Language, Messages, load_messages
from errors.templates import needed_facts

FOLDER = Path(__file__).parents[2] / "data" / "messages"
LANGUAGES: tuple[Language, Language] = ("vi", "en")
_made: dict[tuple[str, frozenset[str]], SurveyError | Fault] = {}


def watch(kind: type[SurveyError] | type[Fault]) -> None:
    """Keep the first error of a kind for every rule and set of facts it was given."""
    kind.__init__ = _watched(kind.__init__)  # type: ignore[method-assign]


def _watched(made: Callable[..., None]) -> Callable[..., None]:
    @wraps(made)
    def init(self: Any, *args: object, **facts: object) -> None:
        made(self, *args, **facts)
        given = {name for name, fact in self.facts.items() if fact} | ({"where"} if self.where else set())
        _made.setdefault((self.rule, frozenset(given)), self)

    return init


@lru_cache(maxsize=1)
def messages() -> Messages:
    return load_messages(FOLDER)


@cache
def unfilled(rule: str, given: frozenset[str]) -> tuple[str, ...]:
    """What the texts of a rule need and was not given: "text" where product code has no text for its rule."""
    if rule not in messages().texts["vi"]:
        return ("text",) if any(rule in literals_of(path) for path in sources()) else ()
    needed = {name for lang in LANGUAGES for words in messages().texts[lang][rule] for name in needed_facts(words)}
    return tuple(sorted(needed - given))


def spoken(error: SurveyError | Fault) -> list[str]:
    """The error in both languages, as people read it."""
    say = messages().render_fault if isinstance(error, Fault) else messages().render
    return [say(error, lang) for lang in LANGUAGES]  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def every_error_has_its_facts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test in which an error lacks a fact of its text; `made_up_errors` exempts one that makes such errors."""
    yield
    made = dict(_made)
    _made.clear()
    if request.node.get_closest_marker("made_up_errors"):
        return
    lacking = [(error, names) for (rule, given), error in made.items() if (names := unfilled(rule, given))]
    if lacking:
        pytest.fail(
            "\n".join(f"{', '.join(names)} not given: {spoken(error)[1]} {error.rule}" for error, names in lacking)
        )
    for error in made.values():
        spoken(error)
