from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.test_docs import ROOT

aiohttp = pytest.importorskip("aiohttp")
pytestmark = pytest.mark.slow


@contextlib.contextmanager
def served(directory: Path) -> Iterator[str]:
    """The app, served; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        sys.executable,
        "-m",
        "tui",
        "--serve",
        "--port",
        str(port),
        "--fresh",
        "--save-dir",
        str(directory),
    ]
    environment = {**os.environ, "NAMECLS_LANG": "en"}
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert f"http://127.0.0.1:{port}" in server.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            assert server.wait(60) == 0


async def test_a_page_shows_the_app_and_a_typed_name_gets_its_ranking(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        async with aiohttp.ClientSession() as session:
            async with session.get(address) as page:
                assert "data-session-websocket-url" in await page.text()
            async with session.ws_connect(f"{address}/ws?width=100&height=30") as browser:
                await shows(browser, "Predict", "63.6")
                await browser.send_json(["stdin", "Yamamoto"])
                await shows(browser, "Japanese", "93.")


async def test_pages_from_elsewhere_are_refused(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        async with aiohttp.ClientSession() as session:
            for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
                async with session.get(f"{address}/ws", headers=headers) as answer:
                    assert answer.status == 403


async def shows(browser: Any, *texts: str) -> None:
    """Read what is drawn until all of the texts were there."""
    drawn = ""
    while not all(text in drawn for text in texts):
        message = await browser.receive(timeout=120)
        assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), drawn
        data = message.data if isinstance(message.data, bytes) else message.data.encode()
        drawn += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode(errors="replace"))
