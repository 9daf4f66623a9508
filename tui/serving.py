"""The app in a browser, by textual-serve: a process of its own for each page, on this machine alone."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from namecls.extras import needed
from namecls.language import _
from namecls.system import reason_of

HOST = "127.0.0.1"
#: What a process that belongs to a page is told to draw with.
_DRIVER = ("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")


def in_a_page() -> bool:
    """Whether this process draws for a page of a browser."""
    return os.environ.get(_DRIVER[0]) == _DRIVER[1]


def serve(arguments: Sequence[str], port: int) -> int:
    """Serve the app until a signal; returns the exit status.

    :param arguments: of the command; each page opens the app with them.
    :raises ConfigError: if textual-serve is not installed.
    """
    serving, web = needed("textual_serve.server", "web"), needed("aiohttp.web", "web")
    allowed = {f"{name}:{port}" for name in (HOST, "localhost")}

    @web.middleware  # type: ignore[untyped-decorator]  # known when it is installed
    async def own_pages_alone(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """Answer pages of this server; a page from elsewhere could type into the app."""
        origin = request.headers.get("Origin", f"http://{request.host}")
        if request.host not in allowed or origin.removeprefix("http://") not in allowed:
            raise web.HTTPForbidden
        return await handler(request)

    class Server(serving.Server):  # type: ignore[misc, name-defined]
        async def _make_app(self) -> Any:
            app = await super()._make_app()
            app.middlewares.append(own_pages_alone)
            return app

        async def on_startup(self, app: Any) -> None:
            """Say nothing yet: it does not listen."""

    command = shlex.join([sys.executable, "-m", "tui", *_without_serving(arguments)])
    server = Server(command, host=HOST, port=port, title="namecls")
    told = _("namecls-tui: open {address}; ctrl+c ends it").format(address=server.public_url)
    try:
        web.run_app(
            server._make_app(),
            host=HOST,
            port=port,
            access_log=None,
            print=lambda _listening: print(told, flush=True),
        )
    except OSError as error:
        told = _("namecls-tui: port {port} can't be used: {reason}; another one by --port")
        print(told.format(port=port, reason=reason_of(error)), file=sys.stderr)
        return 1
    return 0


def _without_serving(arguments: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--port")
    return parser.parse_known_args(list(arguments))[1]
