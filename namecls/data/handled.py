"""Which problems of a table edits have dealt with: rows that are dropped, relabelled, corrected, or kept as right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from namecls.data.browse import Catalog, Doubtful, Kind, Problem
from namecls.data.inspection import Ambiguous, Duplicate, LabelCount
from namecls.data.near import NearDuplicate
from namecls.data.table import BadLine
from namecls.data.unlike import Unlike

if TYPE_CHECKING:
    from namecls.data.alphabet import RowNow

#: ``mended``: there is no such problem any more; ``kept``: all rows behind it were looked at, and are right.
Handled = Literal["", "mended", "kept"]


#: The most problems of a kind that are judged one by one to be counted.
MOST_JUDGED = 200


def problems_left(catalog: Catalog, kind: Kind) -> int:
    """How many problems of a kind edits have not dealt with; of more than `MOST_JUDGED` all that the file has."""
    count = catalog.problem_count(kind)
    if not catalog.alphabet.is_edited or count > MOST_JUDGED:
        return count
    return sum(not handled(catalog, problem) for problem in catalog.problems(kind, 0, count))


def handled(catalog: Catalog, problem: Problem) -> Handled:
    """What edits have made of a problem of a catalog's table; empty: it is still there."""
    if isinstance(problem, BadLine) or not catalog.alphabet.is_edited:
        return ""
    if isinstance(problem, Doubtful):
        gone = {found.label for found in catalog.alphabet.count()[0] if found.gone}
        return "mended" if problem.label in gone else ""
    if isinstance(problem, Unlike):
        row = catalog.alphabet.row(problem.line)
        same = row.name == problem.name and (problem.why != "script" or row.label == problem.label)
        return _judged(row.stays and same, (row,))
    names = [each.name for each in problem.names] if isinstance(problem, NearDuplicate) else [problem.name]
    of_name = [[row for row in catalog.rows_now(name) if row.stays] for name in names]
    rows = [row for found in of_name for row in found]
    labels = {row.label for row in rows}
    if isinstance(problem, Duplicate):
        rows = [row for row in rows if row.was == problem.label]
        return _judged(max(Counter(row.label for row in rows).values(), default=0) > 1, rows)
    if isinstance(problem, Ambiguous):
        return _judged(len(labels) > 1, rows)
    differed = len({each.label for name in problem.names for each in name.labels}) > 1
    return _judged(sum(map(bool, of_name)) > 1 and (len(labels) > 1 or not differed), rows)


def by_now(catalog: Catalog, problem: Problem) -> Problem:
    """Near-duplicates with the labels of their rows by now, dropped ones too; any other problem as it is."""
    if not isinstance(problem, NearDuplicate) or not catalog.alphabet.is_edited:
        return problem
    names = []
    for each in problem.names:
        counts = Counter(row.label for row in catalog.rows_now(each.name))
        labels = tuple(LabelCount(label, rows) for label, rows in counts.most_common())
        names.append(replace(each, labels=labels or each.labels))
    return replace(problem, names=tuple(names))


def _judged(is_there: bool, rows: Iterable[RowNow]) -> Handled:
    if not is_there:
        return "mended"
    return "kept" if all(row.kept for row in rows) else ""
