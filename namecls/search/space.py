"""The search space: settings of network and training with the values that a search may try, as data.

A dimension has a text, which `--space` takes and a study keeps: ``0..0.6`` from the first number to the last, evenly;
``0.001..0.02 log`` the same by factors; ``64,128,256`` just these. Whether a number is whole, and whether a list has an
order, follows from the type of the setting.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from namecls.config import SETTINGS, TrainConfig
from namecls.errors import ConfigError, shown
from namecls.language import _
from namecls.settings import value_text
from namecls.text import number

Value = str | int | float | bool
Settings = Mapping[str, Value]

#: What is searched if nothing else is said. What decides how a name is read (case, accents, half-typed names) is not
#: among it: the validation names are written properly, so a search would drop what helps with any others.
SPACE: Mapping[str, str] = {name: setting.search for name, setting in SETTINGS.items() if setting.search}

#: The settings that can be searched, with their types.
SEARCHABLE: Mapping[str, type] = {
    name: setting.kind for name, setting in SETTINGS.items() if setting.searchable
}

_MOST_VALUES = 1_000
_RANGE = re.compile(r"\s*([^\s,]+?)\s*\.\.\s*([^\s,]+?)(\s+log)?\s*")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, uniform, or log-uniform with `log`."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def at(self, place: float) -> Value:
        """The value at a place in 0..1, rounded so that a person can read it."""
        low, high = self._scale(self.low), self._scale(self.high)
        value = low + (high - low) * place
        value = math.exp(value) if self.log else value
        if self.whole:
            return min(max(round(value), math.ceil(self.low)), math.floor(self.high))
        return min(max(float(f"{value:.3g}"), self.low), self.high)

    def nearest(self, value: Value) -> Value:
        """The value itself, or the end that it lies beyond."""
        return value if isinstance(value, str) else min(max(value, self.low), self.high)

    def place_of(self, value: Value) -> float | None:
        """The inverse of `at`; the nearest end for what lies beyond, None for what is no number."""
        if isinstance(value, str):
            return None
        low, high = self._scale(self.low), self._scale(self.high)
        inside = min(max(float(value), self.low), self.high)
        return (self._scale(inside) - low) / (high - low) if high > low else 0.5

    def _scale(self, value: float) -> float:
        return math.log(value) if self.log else value

    def __str__(self) -> str:
        return f"{self.low:.12g}..{self.high:.12g}{' log' if self.log else ''}"


@dataclass(frozen=True, slots=True)
class Steps:
    """A list of numbers, ordered."""

    values: tuple[int | float, ...]

    def at(self, place: float) -> Value:
        """The value at a place in 0..1."""
        return self.values[min(int(place * len(self.values)), len(self.values) - 1)]

    def nearest(self, value: Value) -> Value:
        """The one of the values that is nearest."""
        return value if isinstance(value, str) else min(self.values, key=lambda each: abs(each - value))

    def place_of(self, value: Value) -> float | None:
        """The middle of the places that `at` takes to the nearest of the values."""
        if isinstance(value, str):
            return None
        return (self.values.index(self.nearest(value)) + 0.5) / len(self.values)

    def __str__(self) -> str:
        return ",".join(f"{value:.12g}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Words:
    """A list of categories, unordered."""

    values: tuple[str | bool, ...]

    def nearest(self, value: Value) -> Value:
        """The value itself, or the first one if it is none of them."""
        return value if value in self.values else self.values[0]

    def __str__(self) -> str:
        return ",".join(str(value).lower() for value in self.values)


Dimension = Range | Steps | Words
Space = Mapping[str, Dimension]


def texts_around(base: TrainConfig) -> dict[str, str]:
    """What a search that starts from a config tries of each setting of `SPACE`, the config's own value among it.

    Nothing of a setting whose value can't be written among others: a network of several members has commas.
    """
    return {name: _with_value(text, base.value_of(name)) for name, text in SPACE.items()}


def _with_value(text: str, value: Value) -> str:
    if ".." in text:
        return text
    values, own = text.split(","), value_text(value)
    if "," in own:
        return ""
    if own in values:
        return text
    if isinstance(value, str):
        return ",".join([own, *values])
    return ",".join(sorted([own, *values], key=float))


def space_of(texts: Mapping[str, str], base: TrainConfig) -> Space:
    """Parse a search space.

    :raises ConfigError: if a name is no setting that can be searched, or a text means no values, or the setting
        can't have one of them.
    """
    space = {name: dimension_of(name, text) for name, text in texts.items()}
    for name, dimension in space.items():
        ends = (dimension.at(0.0), dimension.at(1.0)) if isinstance(dimension, Range) else dimension.values
        for value in ends:
            try:
                base.changed({name: value})
            except ConfigError as error:
                raise ConfigError(
                    _("{name} can't be searched over {dimension}: {error}").format(
                        name=_(SETTINGS[name].title), dimension=dimension, error=error
                    )
                ) from None
    return space


def dimension_of(name: str, text: str) -> Dimension:
    """Parse a dimension: ``0.1..0.5``, ``1e-4..1e-2 log``, ``64,128``, ``gru,lstm``, ``true,false``.

    :raises ConfigError: if it means nothing.
    """
    kind = SEARCHABLE.get(name)
    if kind is None:
        raise ConfigError(
            _("{name} is no setting that can be searched; choose among {searchable}").format(
                name=shown(name), searchable=_(", ").join(sorted(SEARCHABLE))
            )
        )
    found = _RANGE.fullmatch(text)
    if found and kind in (int, float):
        low, high = (_number(name, part, kind) for part in found.groups()[:2])
        log = found[3] is not None or (low > 0 and SPACE.get(name, "").endswith(" log"))
        if not low <= high or (log and low <= 0):
            wanted = _("two numbers above 0, the smaller one first") if log else _("the smaller number first")
            raise ConfigError(
                _("{name}: expected {wanted}, was: {text}").format(
                    name=_(SETTINGS[name].title), wanted=wanted, text=shown(text)
                )
            )
        return Range(low, high, log=log, whole=kind is int)
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > _MOST_VALUES or not all(parts):
        raise ConfigError(
            _(
                "{name}: expected values with commas between, or a range such as 0.1..0.5 or 1e-4..1e-2 log, "
                "was: {text}"
            ).format(name=_(SETTINGS[name].title), text=shown(text))
        )
    if kind in (int, float):
        return Steps(tuple(sorted({_number(name, part, kind) for part in parts})))
    if kind is bool:
        if not set(parts) <= {"true", "false"}:
            raise ConfigError(
                _("{name}: expected true, false or both, was: {text}").format(
                    name=_(SETTINGS[name].title), text=shown(text)
                )
            )
        return Words(tuple(dict.fromkeys(part == "true" for part in parts)))
    return Words(tuple(dict.fromkeys(parts)))


def _number(name: str, text: str, kind: type) -> int | float:
    try:
        value: int | float = number(text, kind)
        if math.isfinite(value):
            return value
    except ValueError:
        pass
    what = _("a whole number") if kind is int else _("a number")
    raise ConfigError(
        _("{name}: expected {what}, was: {text}").format(
            name=_(SETTINGS[name].title), what=what, text=shown(text)
        )
    )


def without_fixed(space: Space, base: TrainConfig) -> tuple[Space, TrainConfig]:
    """The dimensions that hold more than one value, and the settings with the values of the others."""
    fixed = {
        name: each.values[0]
        for name, each in space.items()
        if not isinstance(each, Range) and len(each.values) == 1
    }
    return {name: each for name, each in space.items() if name not in fixed}, base.changed(fixed)


def is_meant(name: str, settings: Settings, base: TrainConfig) -> bool:
    """Whether a setting says anything beside these others."""
    if (needs := SETTINGS[name].needs) is None:
        return True
    other, value = needs
    return (settings[other] if other in settings else base.value_of(other)) == value
