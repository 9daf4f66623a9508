"""What is told of a model without its weights."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from namecls.config import PRESETS
from namecls.errors import ModelFileError
from namecls.runs.loading import load_model
from namecls.runs.manifest import MANIFEST
from namecls.runs.origin import fitted, read_network, source_path
from namecls.runs.record import SHIPPED
from namecls.runs.run import MODEL


def shipped_copy(directory: Path) -> Path:
    return shutil.copytree(source_path(SHIPPED), directory / "copy")


def test_the_network_is_that_of_the_model() -> None:
    assert read_network(SHIPPED) == load_model(source_path(SHIPPED)).model.config


def test_it_is_read_without_torch() -> None:
    program = "import sys, namecls.runs.origin as o; o.read_network('shipped'); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"


def test_what_is_no_part_of_its_shape_is_chosen_anew() -> None:
    base = PRESETS["fast"].config.model
    network = fitted(read_network(SHIPPED), base)
    assert (network.dropout, network.ngram_dropout) == (base.dropout, base.ngram_dropout)
    assert network.title == read_network(SHIPPED).title


@pytest.mark.parametrize(
    "what", ["nothing", "no weights", "changed", "another format", "no network", "no setting"]
)
def test_what_can_not_be_read_is_told_with_its_place(tmp_path: Path, what: str) -> None:
    directory = shipped_copy(tmp_path)
    model = directory / MODEL
    values = json.loads(model.read_text(encoding="utf-8"))
    if what == "nothing":
        shutil.rmtree(directory)
    elif what == "no weights":
        (directory / "model.safetensors").unlink()
    elif what != "changed":
        (directory / MANIFEST).unlink()
    if what == "another format":
        values["format"] = 99
    elif what == "no network":
        values["network"] = []
    elif what == "no setting":
        values["network"]["hidden_size"] = "many"
    elif what == "changed":
        values["network"]["hidden_size"] = 65
    if what not in ("nothing", "no weights"):
        model.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(ModelFileError, match="copy: is no model to start from: "):
        read_network(str(directory))
