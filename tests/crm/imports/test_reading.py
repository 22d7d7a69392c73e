"""Reading CSV files of any usual encoding and delimiter, and refusing the others."""

from __future__ import annotations

import pytest

from crm.imports.reading import MOST_BYTES, UnreadableFile, read_table

TEXT = "姓名,邮箱,城市\n王芳,wang@example.com,北京\n李伟,li@example.com,上海\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_is_read_in_each_encoding(encoding: str) -> None:
    table = read_table(TEXT.encode(encoding))
    assert table.columns == ["姓名", "邮箱", "城市"]
    assert table.rows[0] == ["王芳", "wang@example.com", "北京"]


def test_western_accents_are_not_taken_for_chinese() -> None:
    table = read_table("name,city\nRenée Müller,Köln\nJosé,Málaga\n".encode("latin-1"))
    assert table.rows == [["Renée Müller", "Köln"], ["José", "Málaga"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    table = read_table(f"a{delimiter}b\n1{delimiter}2\n".encode())
    assert (table.columns, table.rows) == (["a", "b"], [["1", "2"]])


def test_a_quoted_cell_may_hold_delimiters_and_lines() -> None:
    table = read_table(b'name,notes\r\n"Doe, J.","one\ntwo"\r\n')
    assert table.rows == [["Doe, J.", "one\ntwo"]]


def test_short_rows_are_filled_and_empty_lines_skipped() -> None:
    assert read_table(b"a,b,c\n\n1\n , ,\n1,2,3,4\n").rows == [["1", "", ""], ["1", "2", "3"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"PK\x03\x04\x00\x00", "no text file"),
        (b"a,a\n1,2\n", "Two columns"),
        (b"x" * (MOST_BYTES + 1), "20 MB"),
        (b",,\n , \n", "name the columns"),
        (b"a,b\n" + b"y" * 30_000 + b",2\n", "20,000"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_table(content)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="200,000"):
        read_table(b"a\n" + b"1\n" * 200_001)
