"""Gradients of several processes, added up.

Dense gradients are laid side by side and added as one. The sparse gradient of an n-gram table is not: a batch reaches
a few thousand of its rows, so each process gives the rows that it reached, and gets those of the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from namecls.training.distributed import Group


def sum_gradients(
    group: Group, dense: Sequence[Tensor], tables: Sequence[Tensor], sums: Tensor
) -> list[float]:
    """Replace the gradients of all parameters by their sums over all processes.

    :param dense: parameters with gradients of their own shape; None counts as zeros.
    :param tables: parameters with sparse gradients.
    :param sums: other numbers to add up on the way. *Shape:* (numbers,)
    :return: these, added up.
    :raises ProcessLost: if another process is gone.
    """
    pieces = [torch.zeros_like(p) if p.grad is None else p.grad for p in dense]
    flat = torch.cat([*(piece.flatten() for piece in pieces), sums.to(pieces[0])])
    group.add(flat)
    *found, totals = torch.split(flat, [*(piece.numel() for piece in pieces), len(sums)])
    for parameter, piece in zip(dense, found, strict=True):
        parameter.grad = piece.view_as(parameter)
    _sum_rows(group, tables)
    return totals.tolist()


def _sum_rows(group: Group, tables: Sequence[Tensor]) -> None:
    if not tables:
        return
    given = [_rows_of(table) for table in tables]
    counts = group.gather(torch.tensor([len(rows) for rows, _ in given]))
    for table, (rows, values), lengths in zip(tables, given, counts.T.tolist(), strict=True):
        most = max(lengths)  # at least a row, since the leader's part is never empty
        letter = torch.cat(
            [_padded(rows, most).view(torch.uint8), _padded(values, most).view(torch.uint8).flatten()]
        )
        letters = group.gather(letter)
        split = most * rows.element_size()
        all_rows = [x[:split].view(rows.dtype)[:n] for x, n in zip(letters, lengths, strict=True)]
        all_values = [
            x[split:].view(values.dtype).view(most, -1)[:n] for x, n in zip(letters, lengths, strict=True)
        ]
        table.grad = torch.sparse_coo_tensor(
            torch.cat(all_rows).long()[None], torch.cat(all_values), table.shape, check_invariants=False
        )


def _rows_of(table: Tensor) -> tuple[Tensor, Tensor]:
    """The rows of a table that have a gradient, and that, in numbers of one size. *Shape:* (rows,) and (rows, size)"""
    kind = torch.int32 if table.element_size() == 4 else torch.int64
    if table.grad is None:
        return table.new_empty(0, dtype=kind), table.new_empty((0, table.shape[1]))
    grad = table.grad.coalesce()
    return grad.indices()[0].to(kind), grad.values()


def _padded(values: Tensor, length: int) -> Tensor:
    filled = values.new_zeros((length, *values.shape[1:]))
    filled[: len(values)] = values
    return filled
