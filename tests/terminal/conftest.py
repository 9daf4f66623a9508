from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.library import SMALL, small_file


@dataclass(frozen=True)
class Place:
    """A directory with a small file of names and a model trained on it."""

    data: Path
    model: Path
    save_dir: Path


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    from namecls.data.table import load_dataset
    from namecls.runs.run import Run
    from namecls.training.loop import train

    root = tmp_path_factory.mktemp("terminal")
    data, save_dir = small_file(root), root / "runs"
    run = Run.create(save_dir, SMALL, "small")
    for _ in train(SMALL, load_dataset(data), run):
        pass
    return Place(data, run.directory, save_dir)
