"""The threads behind the ranking."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from tests.tui.explanations import MadeUp
from tui.engine.explaining import ExplanationLoop, Explanations
from tui.engine.messages import Explained
from tui.engine.values import Question


def test_what_stands_beside_every_ranking_waits_for_one_who_types_on() -> None:
    loop, told, explains = ExplanationLoop(rest=60), queue.Queue[Explained](), MadeUp()
    thread = threading.Thread(target=loop.run)
    thread.start()
    loop.use(None, explains)
    for name in ("K", "Ko", "Kow"):
        loop.ask(Question(name, ("influence", "belief", "reach")), told.put)
        assert told.get(timeout=120).value.name == name
    loop.close()
    thread.join(120)
    assert explains.asked == [("reach", "K"), ("reach", "Ko"), ("reach", "Kow")]


def test_a_new_question_and_another_model_end_what_is_being_explained() -> None:
    loop, told, first, second = ExplanationLoop(rest=0), queue.Queue[Explained](), MadeUp(), MadeUp()
    first.gate.clear()
    thread = threading.Thread(target=loop.run)
    thread.start()
    loop.use(None, first)
    loop.ask(Question("Kowalski", ("belief", "reach", "walk")), told.put)
    loop.ask(Question("Nguyen", ("belief",)), told.put)
    loop.use(Path("another"), second)
    first.gate.set()
    while True:
        message = told.get(timeout=120)
        if message.asked.name == "Nguyen":
            break
    loop.close()
    thread.join(120)
    assert message.path == Path("another")
    assert second.asked == [("belief", "Nguyen")]
    assert len(first.asked) <= 1


def test_what_reads_files_first_waits_in_a_thread_of_its_own() -> None:
    both = Explanations()
    both.use(None, MadeUp())
    both.ask(Question("Kowalski", ("belief", "evidence", "neighbours", "walk")), lambda _: None)
    quick, slow = (loop._question[0].views for loop in both.loops if loop._question is not None)
    assert quick == ("belief", "walk")
    assert slow == ("evidence", "neighbours")


def test_why_a_name_has_no_view_is_told() -> None:
    loop, told = ExplanationLoop(), queue.Queue[Explained]()
    thread = threading.Thread(target=loop.run)
    thread.start()
    loop.use(None, MadeUp())
    loop.ask(Question("123", ("belief",)), told.put)
    message = told.get(timeout=120)
    loop.close()
    thread.join(120)
    assert message.value is None
    assert "expected a name with letters" in message.problem
