"""The style sheet: read once, and matched once with nodes that stand alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.errors import StylesheetError
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.css.tokenizer import TokenError
from textual.dom import DOMNode
from textual.widget import Widget


def _tells_of_others(_node: DOMNode) -> bool:
    """Of its siblings and children: what rules with such pseudo classes come to is not remembered."""
    raise NotImplementedError


def _of_widget(tell: Callable[[Widget], bool]) -> Callable[[DOMNode], bool]:
    return lambda node: isinstance(node, Widget) and tell(node)


#: What decides whether a node has a pseudo class.
_STATES: dict[frozenset[str], Callable[[DOMNode], bool]] = {
    frozenset({"hover"}): _of_widget(lambda widget: widget.mouse_hover),
    frozenset({"focus", "blur"}): _of_widget(lambda widget: widget.has_focus),
    frozenset({"disabled", "enabled"}): _of_widget(lambda widget: widget.disabled),
    frozenset({"can-focus"}): _of_widget(lambda widget: widget.allow_focus()),
    frozenset({"focus-within"}): _of_widget(lambda widget: widget.has_focus_within),
    frozenset(
        {"first-of-type", "last-of-type", "first-child", "last-child", "odd", "even", "empty"}
    ): _tells_of_others,
}

#: So many different places are remembered; all screens have a few hundred.
_MOST = 10_000


class _Flags(NamedTuple):
    """What Textual keeps at a node, so that it knows when to match its rules anew."""

    hover: bool
    focus_within: bool
    order: bool
    odd_or_even: bool


@dataclass(slots=True)
class _Matched:
    """What the rules come to for nodes that stand alike."""

    flags: _Flags
    rules: RulesMap | None = None  # None: no rule matches


class Sheet(Stylesheet):
    """A style sheet that reads each source once for each theme, and does without one that can't be read.

    Textual's own reads all of them anew whenever a screen shows for the first time, and an error ends the app.

    It also matches anew every rule with every node below a change, which took most of the time of the app. What the
    rules come to depends on types, names, classes and states of a node and those above it alone, so this one remembers
    it for nodes that stand alike, and leaves a node as it is that has these rules already.

    :param tell: called with each error.
    """

    def __init__(self, *, variables: dict[str, str], tell: Callable[[Exception], None]) -> None:
        super().__init__(variables=variables)
        self._tell = tell
        self._matched: dict[object, _Matched] = {}
        self._matching: _Matched | None = None
        self._names: frozenset[str] = frozenset()  # of types, classes and ids in selectors
        self._asked: dict[frozenset[str], tuple[Callable[[DOMNode], bool], ...]] = {}
        self._paths: dict[tuple[object, ...], int] = {}
        self._changed: dict[tuple[DOMNode, object], int] | None = None  # paths, while none can change
        #: Of a node the rules that were set, and what its styles came to by them.
        self._set: WeakKeyDictionary[DOMNode, tuple[RulesMap, RulesMap]] = WeakKeyDictionary()
        self._components_of: WeakKeyDictionary[DOMNode, object] = WeakKeyDictionary()

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def parse(self) -> None:
        self._names = frozenset()
        self._asked.clear()
        self._forget()
        while True:  # a source that failed is left out the next time
            try:
                super().parse()
            except (StylesheetError, TokenError) as error:
                self._tell(error)
            else:
                return

    def _forget(self) -> None:
        self._matched.clear()
        self._components_of.clear()
        self._paths.clear()
        self._changed = None if self._changed is None else {}

    def reparse(self) -> None:
        self.parse()  # keeps the rules of sources that are as they were; `set_variables` forgets them

    # -- what the rules come to --

    def update_nodes(self, nodes: Iterable[DOMNode], animate: bool = False) -> None:
        if len(self._paths) > _MOST:
            self._forget()
        self._changed, before = {}, self._changed
        try:
            super().update_nodes(nodes, animate)
        finally:
            self._changed = before

    def apply(
        self,
        node: DOMNode,
        *,
        animate: bool = False,
        cache: dict[tuple[object, ...], RulesMap] | None = None,  # noqa: ARG002 - of one change; this one stays
    ) -> None:
        place = self._place_of(node, node._selector_names)
        matched = self._matched.get(place) if place is not None else None
        if matched is None:
            self._matching = matching = _Matched(_Flags(False, False, False, False))
            super().apply(node, animate=animate, cache=None)
            matching.flags = _Flags(
                node._has_hover_style, node._has_focus_within, node._has_order_style, node._has_odd_or_even
            )
            if place is not None:
                self._matched[place] = matching
            return
        (
            node._has_hover_style,
            node._has_focus_within,
            node._has_order_style,
            node._has_odd_or_even,
        ) = matched.flags
        if matched.rules is not None:
            self.replace_rules(node, matched.rules, animate=animate)
        self._process_component_classes(node)

    def replace_rules(self, node: DOMNode, rules: RulesMap, animate: bool = False) -> None:  # type: ignore[override]
        if self._matching is not None:  # the first thing that matching the rules of a node leads to
            self._matching.rules, self._matching = rules, None
        present = node.styles.base._rules
        if self._set.get(node) == (rules, present):
            node.notify_style_update()  # the styles of those above it may have changed
            return
        super().replace_rules(node, rules, animate)
        self._set[node] = rules, present.copy()

    def _process_component_classes(self, node: DOMNode) -> None:
        self._matching = None  # no rule matched
        components = node._get_component_classes()
        if not components:
            return
        place = self._place_of(node, {"*", "DOMNode", *(f".{name}" for name in components)})
        known = place is not None and node._component_styles.keys() == components
        if not known or self._components_of.get(node) != place:
            super()._process_component_classes(node)
            if place is not None:
                self._components_of[node] = place

    def _place_of(self, node: DOMNode, names: set[str]) -> object:
        """All that decides what rules for these names come to for a node; None, if that is more than this tells."""
        rules_map = self.rules_map  # reads what there is to read
        if not self._names:
            self._names = frozenset(
                selector.name
                for rule in self.rules
                for selectors in rule.selector_set
                for selector in selectors.selectors
            )
        asked = self._asked.get(key := frozenset(names.intersection(rules_map)))
        if asked is None:
            found = {word for name in key for rule in rules_map[name] for word in rule.pseudo_classes}
            asked = self._asked[key] = tuple(
                tell for words, tell in _STATES.items() if not words.isdisjoint(found)
            )
        return None if _tells_of_others in asked else (key, self._path_of(node, asked))

    def _path_of(self, node: DOMNode, asked: tuple[Callable[[DOMNode], bool], ...]) -> int:
        """A number for a node and those above it, the same for nodes that stand alike."""
        if self._changed is not None and (known := self._changed.get((node, asked))) is not None:
            return known
        above = node._parent
        own = (
            self._path_of(above, asked) if isinstance(above, DOMNode) else _state_of(node.app),
            asked,
            type(node),
            node._id if node._id in self._names else None,
            self._names.intersection(node._classes),
            *(tell(node) for tell in asked),
        )
        path = self._paths.setdefault(own, len(self._paths))
        if self._changed is not None:
            self._changed[node, asked] = path
        return path


def _state_of(app: App[object]) -> tuple[object, ...]:
    return app.theme, app.native_ansi_color, app.no_color, app.app_focus
