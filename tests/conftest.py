"""What all tests share: one thread for the network, directories of their own, the classic file if it is there."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from namecls.language import ENGLISH, set_language

#: How long an example takes says more of the machine than of the code. The same examples each time, or a change would
#: be stopped by what another one broke; NAMECLS_RANDOM=1 looks for others.
hypothesis.settings.register_profile(
    "namecls", deadline=None, derandomize="NAMECLS_RANDOM" not in os.environ, database=None
)
hypothesis.settings.load_profile("namecls")

os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is first imported
if os.name == "posix":  # who starts the tests in the background may have had them ignore these
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected lives until the end: no search for garbage goes through it, then or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)  # not 700 objects, which an app makes at every turn
        gc.enable()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Megabytes that a test is given are no name of it: each report would carry them."""
    if isinstance(val, str | bytes) and len(val) > _LONGEST_ID:
        return f"{ascii(val[:20])[:40]}-{len(val)}"
    return None


_LONGEST_ID = 200  # characters
CLASSIC = Path(__file__).resolve().parents[1] / "../shared/data/name_classfication.txt"


@pytest.fixture(autouse=True)
def _surroundings(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that a test does writes into the repository: runs, saved names and logs go elsewhere.

    Nor does it read what a user has there. Terminals are as wide as they are, not as that in which the tests run.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    own = tmp_path.with_name(f"{tmp_path.name}-home")
    for name in [name for name in os.environ if name.startswith("NAMECLS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NAMECLS_LANG", "en")  # whatever the machine speaks
    monkeypatch.setenv("NAMECLS_FRESH", "1")  # what one start remembers must not change the next one
    monkeypatch.setenv("XDG_STATE_HOME", str(own / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A test that speaks another language leaves no other one to the next."""
    yield
    set_language(ENGLISH)


@pytest.fixture(scope="session")
def classic_file() -> Path:
    """The file of names that the RNN tutorials train on; no part of the project."""
    if not CLASSIC.is_file():
        pytest.skip("the classic file of names is not here")
    return CLASSIC


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a small finished run; read-only by agreement: copy it to change it."""
    from namecls.data.table import load_dataset
    from namecls.runs.run import Run
    from namecls.training.loop import train
    from tests.library import SMALL, small_file

    directory = tmp_path_factory.mktemp("trained")
    table = load_dataset(small_file(directory))
    run = Run.create(directory / "save_model", SMALL, "small")
    for _ in train(SMALL, table, run):
        pass
    return run.directory
