"""What `namecls predict` takes for no list of names."""

import gzip
import io
import json

import polars as pl
import pytest

from namecls.data.listing import check_names
from namecls.errors import DataError

NAMES = ["Kowalski", "Nowak", "Smith", "Jones", "Li", "Wu", "Rossi", "Bianchi", "Novák", "Dvořák"]


def rows(form: str) -> bytes:
    return "".join(
        form.format(name=name, label="AB"[at % 2], at=at) + "\n" for at, name in enumerate(NAMES)
    ).encode()


def parquet() -> bytes:
    stream = io.BytesIO()
    pl.DataFrame({"name": NAMES}).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (rows("{name}").decode().encode("utf-16"), "found UTF-16 text; read it with --encoding utf-16"),
        (
            b"".join(b"Smith\nJones\n" for _ in range(9)).decode().encode("utf-16-le"),
            "found UTF-16 text without a mark",
        ),
        (b"PK\x03\x04\x14\0", "found a ZIP archive or an Excel workbook"),
        (
            gzip.compress(rows("{name}"), mtime=0),
            "found gzip data; unpack it: gunzip -c FILE | namecls predict",
        ),
        (parquet(), "found a Parquet file"),
        (b"\x89PNG\r\n\x1a\n\0", "found a picture"),
        (json.dumps(NAMES).encode(), "found JSON"),
        (json.dumps([{"name": name} for name in NAMES], indent=1).encode(), "found JSON"),
        (rows('{{"name": "{name}"}}'), "found JSON"),
        (rows("{name}\t{label}"), r"found 2 columns \(Kowalski, A\); say with --name-column"),
        (
            b"id,first,last,email,country\n" + rows("{at},Jo,{name},x@y.z,{label}"),
            r"found 5 columns \(id, first, last, ",
        ),
        (b"name,country\n" + rows("{name},{label}"), r"found 2 columns \(name, country\)"),
        ("姓名;国家\n".encode() + rows("{name};{label}"), "found 2 columns"),
        (rows("{name};{label}"), "found 2 columns"),
        (rows("{name}|{label}|{at}"), "found 3 columns"),
        (rows("__label__{label} {name}"), "found names with labels, as fastText has them"),
    ],
)
def test_what_is_plainly_no_list_of_names_is_refused(head: bytes, found: str) -> None:
    with pytest.raises(DataError, match=f"^names.txt: expected (a name per line|text), {found}"):
        check_names("names.txt", head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n\n",
        rows("{name}"),
        rows("{name}, Anna {at}"),
        rows("Anna {name}"),
        rows("{name}, {label}."),
        b"Kowalski\tPolish\n",
        b"[x]\n",
        b"{\n",
        b"name\n" + rows("{name}"),
        b"a,b\n" + rows("{name}"),
        b"\xef\xbb\xbf" + rows("{name}"),
        rows("{name}\r"),
        rows("{name}") + "Nov\ufffdk\n".encode(),
    ],
)
def test_names_are_let_through_without_a_word(head: bytes) -> None:
    assert "columns" not in check_names("names.txt", head)
    if head.count(b"\t") == 0:
        assert check_names("names.txt", head) == ""


def test_tabs_in_most_lines_are_warned_of() -> None:
    head = rows("{name}\t{label}") + b"Miller\nMaier\n"
    assert (
        check_names("names.txt", head)
        == "names.txt: 10 of the first 12 lines hold a tab; each is read as one name"
    )


def test_names_that_are_not_utf8_are_warned_of_with_the_encoding_they_look_like() -> None:
    head = "Müller\nNúñez\nLefèvre\nSchröder\nSmith\n".encode("windows-1252")
    assert check_names("names.txt", head) == (
        "names.txt: expected UTF-8 text, found 4 of 5 lines that are not; it looks like Windows-1252: "
        "--encoding windows-1252 reads it so, or save it as UTF-8"
    )
