"""In which language people are spoken to: English, and those with a catalogue in ``namecls/locale``.

English stands in the code, and needs no catalogue: `_` marks a text and translates it where it stands, `N_` only marks
it, for tables that are made before the language is known, and `_` is called where it is shown. What programs read is
the same in every language: JSON, exit codes, files.

    _("{rows} rows of {file}").format(rows=rows, file=file)

Not of an f-string, which no catalogue can know. `scripts/messages.py` collects the texts and compiles the catalogues.
A translated text, and an error that was raised with one, still know their English, `english`, and can be said in
another language, `again`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from namecls.errors import ConfigError
from namecls.locales import denies_unicode

if TYPE_CHECKING:
    from gettext import NullTranslations

#: The language that needs no catalogue, and the variable that says which one is wanted.
ENGLISH = "en"
LANGUAGE_VARIABLE = "NAMECLS_LANG"
#: Those of the system, the first that is set before the others.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_CATALOGUES = Path(__file__).resolve().parent / "locale"

_chosen = ENGLISH
_translations: NullTranslations | None = None
_changeable = False

T = TypeVar("T")


class _Translated(str):
    """A text in a language, which knows what it is in English and what it was made of; so does what is made of it."""

    english: str
    made: tuple[Callable[..., str], tuple[Any, ...]]  # a function of this module, and what it was called with

    @classmethod
    def of(cls, text: str, original: str, made: Callable[..., str], *values: Any) -> _Translated:
        translated = cls(text)
        translated.english, translated.made = original, (made, values)
        return translated

    def __str__(self) -> str:
        return self

    def format(self, *values: object, **named: object) -> str:
        originals = {key: english(value) for key, value in named.items()}
        original = self.english.format(*map(english, values), **originals)
        return self.of(super().format(*values, **named), original, _format, self, values, named)

    def join(self, texts: Iterable[str], /) -> str:
        parts = list(texts)
        original = self.english.join(map(english, parts))
        return self.of(super().join(parts), original, _join, self, parts)


def _format(template: str, values: Sequence[object], named: Mapping[str, object]) -> str:
    return again(template).format(*map(again, values), **{key: again(value) for key, value in named.items()})


def _join(between: str, parts: Iterable[str]) -> str:
    return again(between).join(map(again, parts))


def _(text: str) -> str:
    """A text in the language of this process; itself where its catalogue lacks it."""
    if not text or (_translations is None and not _changeable):  # of "" gettext has a header
        return text
    return _Translated.of(_translations.gettext(text) if _translations else text, text, _, text)


def N_(text: str) -> str:  # noqa: N802 - as gettext's tools know it
    """The text itself, marked for the catalogues: `_` is called with it where it is shown."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """One of two texts by a number, in the language of this process, by the rule of its catalogue."""
    original = one if count == 1 else many
    if _translations is None and not _changeable:
        return original
    text = _translations.ngettext(one, many, count) if _translations else original
    return _Translated.of(text, original, ngettext, one, many, count)


def pgettext(context: str, text: str) -> str:
    """A text that is translated differently in some context."""
    if _translations is None and not _changeable:
        return text
    told = _translations.pgettext(context, text) if _translations else text
    return _Translated.of(told, text, pgettext, context, text)


def again(value: T) -> T:
    """A text of these functions, or made of theirs by `format` or `join`, in the language of now; else the value.

    A text that was made in English can only be said again after `stay_changeable`.
    """
    if not isinstance(value, _Translated):
        return value
    make, values = value.made
    return cast("T", make(*values))


def english(value: Any) -> Any:
    """What a machine reads of a value: a translated text in English, lists and mappings with theirs; else the value.

    :param value: or an error, which is told by its message.
    """
    if isinstance(value, BaseException):
        return english(str(value))
    if _translations is None and not _changeable:
        return value
    if isinstance(value, dict):
        return {key: english(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [english(each) for each in value]
    return value.english if isinstance(value, _Translated) else value


def retold(
    text: str, templates: Iterable[str], inside: Callable[[str, str], str] = lambda _name, value: value
) -> str:
    """A text that was made in English, in the language of this process.

    :param templates: of which it was made, with names in braces, the more special before the others; none of them: it
        stays as it is.
    :param inside: what to tell of a name and its value in English.
    """
    if _translations is not None or _changeable:
        for template in templates:
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(template))
            if found := re.fullmatch(pattern, text, re.DOTALL):
                values = {name: inside(name, value) for name, value in found.groupdict().items()}
                return _(template).format(**values)
    return text


def language() -> str:
    """The language of this process, by the name of its catalogue."""
    return _chosen


@cache
def languages() -> tuple[str, ...]:
    """English, and the languages that have a catalogue."""
    found = sorted(place.parent.name for place in _CATALOGUES.glob("*/LC_MESSAGES"))
    return (ENGLISH, *found)


def name_of(code: str) -> str:
    """A language by its own name, as who speaks no other one reads it."""
    translations = gettext_of(code)
    # For translators: the name of your language in your language.
    return "English" if translations is None else translations.pgettext("this language", "English")


def set_language(code: str) -> None:
    """Speak this language from now on, in all threads; texts that were made before stay as they are: see `again`.

    :param code: one of `languages`.
    """
    global _chosen, _translations
    _translations = gettext_of(code)
    _chosen = code


def stay_changeable() -> None:
    """Have texts know what they were made of in English too: the language of this process may change."""
    global _changeable
    _changeable = True


def chosen_language(wanted: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """The language to speak: as an option wants it, else NAMECLS_LANG, else the system's if there is a catalogue.

    The system's is English too if its terminals have no Unicode.

    :raises ConfigError: no catalogue for what an option or NAMECLS_LANG wants.
    """
    environment = os.environ if environment is None else environment
    for asked, where in ((wanted, "--lang"), (environment.get(LANGUAGE_VARIABLE), LANGUAGE_VARIABLE)):
        if asked:
            found = matching(asked)
            if found is None:
                known = ", ".join(languages())
                raise ConfigError(f"{where}: expected one of {known}; found {asked!r}")
            return found
    system = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    return ENGLISH if denies_unicode(environment) else matching(system) or ENGLISH


def matching(code: str) -> str | None:
    """The language that a code means, such as ``zh``, ``zh-CN`` or ``zh_CN.UTF-8``; None: none that is there."""
    asked = code.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    if asked in ("c", "posix"):
        return ENGLISH
    first = asked.partition("_")[0]
    exact = (known for known in languages() if known.lower() == asked)
    near = (known for known in languages() if known.lower().partition("_")[0] == first)
    return next(exact, None) or next(near, None)


def gettext_of(code: str) -> NullTranslations | None:
    """The catalogues of a language; None: English needs none."""
    if code == ENGLISH:
        return None
    import gettext

    found: NullTranslations = gettext.NullTranslations()
    for catalogue in sorted((_CATALOGUES / code / "LC_MESSAGES").glob("*.mo")):
        with catalogue.open("rb") as file:
            one = gettext.GNUTranslations(file)
        one.add_fallback(found)
        found = one
    return found
