"""`namecls serve`, the real one."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, start


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_it_answers_on_loopback_until_it_is_told_to_end(run_directory: Path, engine: str) -> None:
    process = start("serve", "--model", run_directory, "--port", "0", "--engine", engine)
    try:
        assert process.stderr is not None
        said = process.stderr.readline().decode()
        told = re.fullmatch(r"small answers at (http://127\.0\.0\.1:\d+)/docs\n", said)
        assert told is not None, said
        request = urllib.request.Request(
            f"{told[1]}/predict", b'{"names": ["Borski"], "k": 1}', {"content-type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            (found,) = json.load(answer)["predictions"]
        assert (found["name"], len(found["ranked"])) == ("Borski", 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read().decode() == "namecls: interrupted\n"
    finally:
        process.kill()
        process.communicate()


def test_a_port_in_use_is_told(cli: Cli, run_directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = cli("serve", "--model", run_directory, "--port", port)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(
        f"namecls: 127.0.0.1:{port}: could not listen there: Address already in use; choose another --port"
    )
    assert cli("serve", "--host", "no such host").code == 2


def test_a_number_out_of_its_bounds_is_told_in_words(cli: Cli) -> None:
    for option, value, told in (
        ("--port", "80000", "must be at most 65,535, was: '80000'"),
        ("--port", "x", "must be a whole number, was: 'x'"),
        ("--seconds", "0", "must be at least 0.1, was: '0'"),
        ("--seconds", "", "must be a number, was: ''"),
    ):
        said = cli("serve", option, value)
        assert said.code == 2
        assert said.err.splitlines()[0] == f"namecls serve: Invalid value for '{option}': {told}"


@pytest.mark.parametrize("package", ["uvicorn", "starlette"])
def test_without_the_extra_it_is_named(package: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    said = cli("serve", "--port", 0)
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert (
        f"package {package}, which is not installed; to install it: pip install 'namecls[serve]'" in said.err
    )
