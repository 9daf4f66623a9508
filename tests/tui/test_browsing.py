import threading
from collections.abc import Iterator
from queue import Queue

import pytest
from textual.message import Message

from namecls.data.browse import Query
from namecls.data.table import NameTable
from tui.engine.browsing import (
    Browsing,
    DetailsFound,
    DetailsWanted,
    EveryFound,
    EveryWanted,
    LeftWanted,
    ProblemsCounted,
    ProblemsFound,
    ProblemsLeft,
    ProblemsWanted,
    RowsFound,
    RowsWanted,
    TableStudied,
)

TABLE = NameTable.from_pairs([("Abel", "Czech"), ("Abel", "German"), ("Bo", "Danish"), ("Bo", "Danish")])
OTHER = NameTable.from_pairs([("Li", "Chinese"), ("Kim", "Korean")])


class Talk:
    """A browsing thread and what it posted."""

    def __init__(self) -> None:
        self.told: Queue[Message] = Queue()
        self.browsing = Browsing(self.told.put)
        self.thread = threading.Thread(target=self.browsing.run, daemon=True)

    def hear(self, kind: type[Message] | tuple[type[Message], ...]) -> Message:
        """The next message of a kind, or of several."""
        while True:
            message = self.told.get(timeout=120)
            if isinstance(message, kind):
                return message


@pytest.fixture
def talk() -> Iterator[Talk]:
    talk = Talk()
    yield talk
    talk.browsing.close()
    if talk.thread.ident is not None:
        talk.thread.join(120)
        assert not talk.thread.is_alive()


def test_each_kind_of_question_is_answered(talk):
    talk.browsing.open(TABLE)
    talk.thread.start()
    talk.browsing.ask(RowsWanted(Query("abel"), 0, 10), talk.told.put)
    rows = talk.hear(RowsFound)
    assert (rows.table, rows.total, [row.label for row in rows.rows]) == (TABLE, 2, ["Czech", "German"])
    talk.browsing.ask(DetailsWanted("Bo"), talk.told.put)
    assert len(talk.hear(DetailsFound).details.rows) == 2
    talk.browsing.ask(ProblemsWanted("duplicates", 0, 10), talk.told.put)
    assert talk.hear(ProblemsFound).problems[0].name == "Bo"


def test_rows_are_answered_before_problems_are_judged_one_by_one(talk):
    talk.browsing.open(TABLE)
    talk.browsing.ask(LeftWanted(), talk.told.put)
    talk.browsing.ask(RowsWanted(Query("abel"), 0, 10), talk.told.put)
    talk.browsing.ask(DetailsWanted("Bo"), talk.told.put)
    talk.thread.start()
    kinds = (RowsFound, DetailsFound, ProblemsLeft)
    assert [type(talk.hear(kinds)) for _ in kinds] == [RowsFound, DetailsFound, ProblemsLeft]


def test_only_the_latest_question_of_a_kind_waits(talk):
    talk.browsing.open(TABLE)
    for search in ("a", "ab", "abe"):
        talk.browsing.ask(RowsWanted(Query(search), 0, 10), talk.told.put)
    talk.thread.start()
    assert talk.hear(RowsFound).wanted.query.search == "abe"
    assert [type(talk.told.get(timeout=120)) for _ in range(2)] == [TableStudied, ProblemsCounted]
    assert talk.told.empty()


def test_rows_to_mark_take_no_place_of_rows_to_save(talk):
    talk.browsing.open(TABLE)
    talk.browsing.ask(EveryWanted(Query("abel"), 0, 10, to_save=True), talk.told.put)
    talk.browsing.ask(EveryWanted(Query(), 0, 10), talk.told.put)
    talk.thread.start()
    found = [talk.hear(EveryFound) for _ in range(2)]
    assert [(each.to_save, each.total) for each in found] == [(True, 2), (False, 4)]


def test_another_table_forgets_the_questions_about_the_one_before(talk):
    talk.browsing.open(TABLE)
    talk.browsing.ask(RowsWanted(Query("abel"), 0, 10), talk.told.put)
    talk.browsing.open(OTHER)
    talk.browsing.ask(RowsWanted(Query(), 0, 10), talk.told.put)
    talk.thread.start()
    assert talk.hear(RowsFound).table is OTHER


def test_a_table_is_studied_once_its_first_rows_are_told(talk):
    talk.browsing.open(TABLE)
    talk.thread.start()
    talk.browsing.ask(RowsWanted(Query(), 0, 10), talk.told.put)
    first = talk.hear(Message)
    assert isinstance(first, RowsFound)
    studied = talk.hear(TableStudied)
    assert studied.problems == {"bad lines": 0, "duplicates": 1, "several labels": 1, "doubts": 3}
    assert studied.repeated == 1
    assert studied.different == {"Czech": 1, "German": 1, "Danish": 1}
    assert [doubt.kind for doubt in studied.doubts] == ["too few"]
    talk.browsing.ask(RowsWanted(Query(), 0, 10), talk.told.put)
    assert all(row.split for row in talk.hear(RowsFound).rows)
