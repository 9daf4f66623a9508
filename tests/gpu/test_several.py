"""What several processes do with each other on a GPU: by NCCL, in a group of one, whose sums are its own."""

from __future__ import annotations

import socket

import pytest
import torch

from namecls.errors import ConfigError
from namecls.nn.devices import choose_device
from namecls.training.distributed import joined
from tests.training.together import CASES, trained


@pytest.mark.parametrize("name", ["gru", "n-grams", "ensemble"])
def test_a_group_of_one_trains_as_one_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        choose_device("cuda")
    except ConfigError:
        pytest.skip("no cuda here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    assert name in CASES
    alone = trained(name, device="cuda")
    with joined(environment) as group:
        together = trained(name, group, device="cuda")
    for key, tensor in alone.items():
        torch.testing.assert_close(together[key], tensor, rtol=0, atol=1e-9)
