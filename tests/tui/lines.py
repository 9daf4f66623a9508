"""The app without a screen, driven by lines."""

from __future__ import annotations

import io
import re
from pathlib import Path

from tui.lines.start import run

SAVE_DIR = Path("save_model")


def answers(
    model: Path | None, *lines: str, data: Path | None = None, save_dir: Path = SAVE_DIR
) -> list[str]:
    """What is said to these lines; nothing of it steers a terminal or draws."""
    out, source = io.StringIO(), io.StringIO("".join(f"{line}\n" for line in lines))
    status = run(data=data, model=model, edits=None, save_dir=save_dir, every=0.5, source=source, out=out)
    assert status == 0
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2500-\u259f]", out.getvalue())
    return out.getvalue().splitlines()


def starting(said: list[str], *beginnings: str) -> list[str]:
    """The sentences that begin like one of these."""
    return [line for line in said if line.startswith(beginnings)]
