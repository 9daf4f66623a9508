import resource
import subprocess
import sys
from pathlib import Path

import pytest

from namecls import limits

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("mib", [150, 400, 800, 1200])
@pytest.mark.parametrize("arguments", [("predict", "Bai"), ("data", "inspect"), ("train",)], ids=" ".join)
def test_too_little_address_space_is_told_and_how_much_is_needed(
    mib: int, arguments: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "namecls", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (mib * 2**20, -1)),
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"limited to {mib:,} MiB, expected " in done.stderr
    assert "ulimit -v " in done.stderr


def test_no_limit_or_enough_is_no_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (resource.RLIM_INFINITY, 2**40):
        monkeypatch.setattr(limits.resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert limits.shortage() == ""
