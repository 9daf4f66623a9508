"""The training loop of the classic tutorials, as one finds it: what namecls is measured against.

One name at a time, one-hot letters built by a Python loop, `nn.RNN`, `nn.LSTM` or `nn.GRU` of 128, LogSoftmax
and NLLLoss, Adam, and a running loss and accuracy every 100 names.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;'"
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Names(Dataset[tuple[Tensor, Tensor]]):
    """Each name as a one-hot tensor, made when it is asked for. *Shape:* (length, 57), ()"""

    def __init__(self, names: Sequence[str], labels: Sequence[int]) -> None:
        self.names, self.labels = names, labels

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        name = self.names[index]
        letters = torch.zeros(len(name), len(ALPHABET))
        for place, letter in enumerate(name):
            letters[place][ALPHABET.find(letter)] = 1
        return letters, torch.tensor(self.labels[index], dtype=torch.long)


class Network(nn.Module):
    """The tutorials' network for one name. *Shape:* (length, 57) -> (1, labels)"""

    def __init__(self, cell: str, labels: int, hidden: int = 128) -> None:
        super().__init__()
        self.cell = CELLS[cell](len(ALPHABET), hidden)
        self.linear = nn.Linear(hidden, labels)
        self.softmax = nn.LogSoftmax(dim=-1)

    def forward(self, letters: Tensor) -> Tensor:
        outputs, _ = self.cell(letters.unsqueeze(1))
        answer: Tensor = self.softmax(self.linear(outputs[-1]))
        return answer


def train(
    network: Network, dataset: Names, epochs: int = 1, learning_rate: float = 1e-3
) -> list[tuple[float, float]]:
    """Some passes over all names. Returns mean loss and accuracy of the pass so far, every 100 names."""
    criterion = nn.NLLLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    log = []
    for _ in range(epochs):
        total_loss, hits = 0.0, 0
        for step, (letters, label) in enumerate(DataLoader(dataset, batch_size=1, shuffle=True), 1):
            output = network(letters[0])
            loss = criterion(output, label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total_loss += loss.item()
            hits += int(torch.argmax(output).item() == label.item())
            if step % 100 == 0:
                log.append((total_loss / step, hits / step))
    return log
