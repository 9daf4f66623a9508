"""The app in a real browser: Chromium without a window, where there is one."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.tui.test_serving import served

aiohttp = pytest.importorskip("aiohttp")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]

PATIENCE = 120.0  # seconds


class Page:
    """A page of the browser, by the DevTools protocol."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._number = socket, 0
        self.received = ""  # what the app sent to the terminal in the page

    async def ask(self, method: str, **options: object) -> dict[str, Any]:
        self._number += 1
        number = self._number
        await self._socket.send_json({"id": number, "method": method, "params": options})
        while True:
            told = await self._hear()
            if told.get("id") == number:
                assert "error" not in told, told
                return dict(told.get("result", {}))

    async def shows(self, *texts: str) -> None:
        until = time.monotonic() + PATIENCE
        while not all(text in self.received for text in texts):
            assert time.monotonic() < until, self.received[-3000:]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hear(), 1)

    async def _hear(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((await self._socket.receive(timeout=PATIENCE)).data)
        if told.get("method") == "Network.webSocketFrameReceived":
            frame = told["params"]["response"]
            binary = frame["opcode"] == 2
            data = base64.b64decode(frame["payloadData"]) if binary else frame["payloadData"].encode()
            self.received += data.decode(errors="replace")
        return told


@contextlib.asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[Page]:
    """Chromium with an empty page."""
    assert CHROMIUM is not None
    quiet = (
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )
    words = [CHROMIUM, "--headless", "--enable-unsafe-swiftshader", "--window-size=1000,700", *quiet]
    words += ["--no-sandbox"] if os.geteuid() == 0 else []
    words += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + PATIENCE
            while not (told := profile / "DevToolsActivePort").is_file() or "\n" not in told.read_text():
                assert process.poll() is None
                assert time.monotonic() < until
                await asyncio.sleep(0.1)
            port = told.read_text().splitlines()[0]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [each for each in await answer.json() if each["type"] == "page"]
                address = pages[0]["webSocketDebuggerUrl"]
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            process.terminate()
            process.wait(60)


async def test_the_page_shows_the_app_and_a_typed_name_gets_its_ranking(tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    with served(tmp_path / "runs") as address:
        async with browser(tmp_path / "profile") as page:
            await page.ask("Network.enable")
            await page.ask("Page.enable")
            await page.ask("Page.navigate", url=address)
            await page.shows("Predict", "63.6")
            await page.ask("Runtime.evaluate", expression="document.querySelector('textarea').focus()")
            for letter in "Yamamoto":
                await page.ask("Input.dispatchKeyEvent", type="char", text=letter)
            await page.shows("Japanese", "93.")
            picture = await page.ask("Page.captureScreenshot", format="png")
    image = (
        pytest.importorskip("PIL.Image").open(io.BytesIO(base64.b64decode(picture["data"]))).convert("RGB")
    )
    colours = image.getcolors(2**24)
    assert colours is not None
    assert len(colours) > 50  # of the letters and bars that are drawn, not of an empty page
