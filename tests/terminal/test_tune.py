"""A search from the app: a process of its own does it, and the app may leave meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from namecls.files.locks import holder_of
from namecls.search.study import list_studies
from tests.library import small_file
from tests.terminal.harness import terminal

pytestmark = pytest.mark.slow


def test_a_search_outlives_the_app_that_started_it(tmp_path: Path) -> None:
    save_dir = tmp_path / "runs"
    options = ("--data", str(small_file(tmp_path)), "--save-dir", str(save_dir), "--screen", "tune")
    try:
        with terminal(*options) as opened:
            opened.wait("Trials for 10m", "F5 start")
            opened.press("f5")
            opened.wait("completed", "quitting does not stop it")
            opened.press("ctrl+q")
            assert opened.end() == 0
        (study,) = list_studies(save_dir)
        assert holder_of(study.directory) is not None
        with terminal(*options) as opened:
            opened.wait("is running in a background process")
            opened.press("f8")
            opened.wait("running", "enter show")
            opened.press("enter")
            opened.wait("quitting does not stop it")
            opened.press("s")
            opened.wait("tested: ", "enter use it")
            opened.press("enter")
            opened.wait("━ name ━", "F12 Tune done")
            opened.press("ctrl+q")
            assert opened.end() == 0
        (study,) = list_studies(save_dir)
        assert study.winner is not None
        assert holder_of(study.directory) is None
    finally:
        for study in list_studies(save_dir):
            if (holder := holder_of(study.directory)) is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(holder.pid, signal.SIGKILL)
