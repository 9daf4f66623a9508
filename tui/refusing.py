"""An app that says why a key does nothing here."""

from __future__ import annotations

from collections.abc import Mapping

from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode

from tui.screens.base import Place
from tui.workbench import bench_of


class Refusing(App[None]):
    """An app that asks the screen why an action that it knows is not possible now."""

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        if await super().run_action(action, default_namespace, namespaces):
            return True
        if isinstance(default_namespace, Place):
            _target, name, _parameters = self._parse_action(action, default_namespace, namespaces)
            if why := default_namespace.why_not(name):
                self.clear_notifications()  # the key may be held
                bench_of(self).say(why, problem=True)
                return True
        return False
