"""Small files of a user's own that say something of each label: a label, a tab, what is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from namecls.data.lines import check_text, read_bytes
from namecls.errors import DataError, shown
from namecls.language import _
from namecls.normalization import Normalizer

#: What is said of a label, with the number of its line.
Said = tuple[int, tuple[str, ...]]


def read_by_label(path: Path, *, most: int, what: str) -> dict[str, Said]:
    """What the lines say of each label, in their order; empty lines are left out.

    :param most: columns after that of the labels; there must be one at least.
    :param what: what they hold, for errors.
    :return: labels as they are read in data.
    :raises DataError: if it is no such file, or says something of a label twice.
    """
    data = read_bytes(path)
    check_text(path, data)
    try:
        lines = data.removeprefix(b"\xef\xbb\xbf").decode().split("\n")
    except UnicodeDecodeError as error:
        raise DataError(
            _("{path}: expected UTF-8 text: {reason}; save it as UTF-8").format(
                path=path, reason=error.reason
            )
        ) from None
    read, found = Normalizer(), dict[str, Said]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if not 2 <= len(cells) <= 1 + most or not all(cells):
            raise DataError(
                _("{path}: line {number:,}: expected a label, a tab and {what}, found {line}").format(
                    path=path, number=number, what=what, line=shown(line)
                )
            )
        label = read(cells[0])
        if label in found:
            raise DataError(
                _(
                    "{path}: line {number:,}: {label} stands in line {found:,} already: leave one of the "
                    "two out"
                ).format(path=path, number=number, label=shown(label), found=found[label][0])
            )
        found[label] = number, cells[1:]
    if not found:
        raise DataError(
            _("{path}: expected in each line a label, a tab and {what}, found nothing").format(
                path=path, what=what
            )
        )
    return found


def of_each_label(
    path: Path, said: Mapping[str, Said], labels: Sequence[str], *, no_others: bool = False
) -> list[Said]:
    """What is said of each of the labels of a model, in their order.

    :param no_others: whether it is wrong to say something of a label that the model does not have.
    :raises DataError: if nothing is said of one, or of another one; the message names it.
    """
    read = Normalizer()
    as_read = [label if label in said else read(label) for label in labels]
    if missing := [label for label, key in zip(labels, as_read, strict=True) if key not in said]:
        said_of = (
            _("{path}: has no line for {label} and {more:,} more labels of the model: add one for each label")
            if len(missing) > 1
            else _("{path}: has no line for {label}: add one for each label")
        )
        raise DataError(said_of.format(path=path, label=shown(missing[0]), more=len(missing) - 1))
    if no_others and (unknown := [label for label in said if label not in set(as_read)]):
        some = _(", ").join([*labels[:5], *(["..."] if len(labels) > 5 else [])])
        raise DataError(
            _(
                "{path}: line {line:,}: {label} is no label of the model, whose labels are {some}: "
                "leave the line out"
            ).format(path=path, line=said[unknown[0]][0], label=shown(unknown[0]), some=some)
        )
    return [said[key] for key in as_read]
