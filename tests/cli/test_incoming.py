import io
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from namecls.cli.bulk import read_blocks
from namecls.cli.incoming import MAX_LINE, Line


class Trickle:
    """A stream that gives its bytes in blocks of these sizes, then all the rest."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        self.stream, self.sizes = io.BytesIO(content), iter(sizes)

    def read1(self, size: int, /) -> bytes:
        return self.stream.read(min(size, next(self.sizes, size)))


def lines_of(content: bytes, sizes: list[int] | None = None) -> list[Line]:
    return [line for chunk in chunks_of(content, sizes or []) for line in chunk]


def chunks_of(content: bytes, sizes: list[int]) -> Iterator[list[Line]]:
    for lines in read_blocks(Trickle(content, sizes)):
        yield [Line(name, lines.problems.get(place, "")) for place, name in enumerate(lines.names)]


def names_of(content: bytes) -> list[str]:
    return [line.name for line in lines_of(content)]


def test_every_line_is_a_line_with_or_without_a_last_line_end() -> None:
    assert names_of(b"a\n\nb\n") == ["a", "", "b"]
    assert names_of(b"a\n\nb") == ["a", "", "b"]
    assert names_of(b"") == []
    assert names_of(b"\n") == [""]


def test_only_newline_and_carriage_return_newline_end_a_line() -> None:
    assert names_of("a\r\nb\x0bc\u2028d\x85e\rf\n".encode()) == ["a", "b\x0bc\u2028d\x85e\rf"]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert names_of(b"\xef\xbb\xbfa\nb") == ["a", "b"]
    assert names_of(b"\xef\xbb\xbfa") == ["a"]


def test_bytes_that_are_not_utf8_are_kept_as_escapes_and_said() -> None:
    assert lines_of(b"Mu\xf1oz\nb\n") == [Line("Mu\\xf1oz", "not UTF-8"), Line("b")]


def test_of_an_endless_line_no_more_than_its_beginning_is_held() -> None:
    first, second = lines_of(b"x" * 10_000_000 + b"\nshort\n")
    assert first.problem == f"longer than {MAX_LINE:,} bytes"
    assert len(first.name) < 300
    assert second == Line("short")


def test_the_longest_line_may_end_in_a_carriage_return() -> None:
    longest = b"x" * MAX_LINE
    assert not lines_of(longest + b"\r\n")[0].problem
    assert not lines_of(longest + b"\r\n", [MAX_LINE + 1])[0].problem
    assert lines_of(longest + b"x\n", [MAX_LINE])[0].problem


def test_lines_are_given_as_they_arrive() -> None:
    chunks = chunks_of(b"a\nb\nc", [3, 2])
    assert next(chunks) == [Line("a")]
    assert next(chunks) == [Line("b")]


@given(st.binary(max_size=60), st.lists(st.integers(1, 7), max_size=60))
def test_where_blocks_end_does_not_matter(content: bytes, sizes: list[int]) -> None:
    assert lines_of(content, sizes) == lines_of(content)
    expected = content.removesuffix(b"\n").count(b"\n") + 1 if content else 0
    assert len(lines_of(content)) == expected
