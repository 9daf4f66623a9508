from __future__ import annotations

import runpy
from xml.etree import ElementTree

import pytest

from tests.test_docs import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_the_moving_picture_of_the_readme_is_of_this_tape() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "moving_picture.py"))
    assert script["PICTURE"].stat().st_size < 500_000
    told = ElementTree.parse(script["PICTURE"]).getroot().findtext(f"{SVG}desc")
    assert told == script["tape_of"](script["TAPE"])


@pytest.mark.slow
async def test_the_tape_of_the_moving_picture_plays_to_its_end() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "moving_picture.py"))
    with script["stage"]() as app:
        async with app.run_test(size=script["SIZE"]) as pilot:
            frames = await script["play"](app, pilot)
    picture = ElementTree.fromstring(script["svg"](frames))
    drawn = {line.get("id") for line in picture.findall(f"{SVG}defs/{SVG}g")}
    used = {use.get("href", "#").removeprefix("#") for use in picture.iter(f"{SVG}use")}
    assert len(frames) > 20
    assert used == drawn
