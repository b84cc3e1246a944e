"""The lines of one text, addressable by row and by byte."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate


class SourceLines:
    r"""A text as UTF-8 rows, split on "\n" and on nothing else.

    Rows count from 0.

    Attributes:
        data: the text in UTF-8, the form the parser's byte offsets refer to.
        rows: its lines without line ends.
        starts: the byte offset of each row, and one past the last.
    """

    __slots__ = ("data", "rows", "starts")

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8")
        self.rows = self.data.split(b"\n")
        self.starts = list(accumulate((len(row) + 1 for row in self.rows), initial=0))

    @property
    def last(self) -> int:
        """The last row."""
        return len(self.rows) - 1

    def row_of(self, offset: int) -> int:
        """The row that holds the byte at `offset`."""
        return bisect_right(self.starts, offset) - 1

    def end_row_of(self, start: int, end: int) -> int:
        """The row of the last byte that is not white space in `start:end`."""
        while end > start + 1 and self.data[end - 1] in b" \t\r\n\f\v":
            end -= 1
        return self.row_of(max(start, end - 1))

    def size(self, first: int, last: int) -> int:
        """Bytes of the rows `first` to `last`, line ends included."""
        return self.starts[last + 1] - self.starts[first]

    def text(self, first: int, last: int) -> str:
        """The rows `first` to `last`, joined by newlines, none at the end."""
        return self.data[self.starts[first] : self.starts[last + 1] - 1].decode("utf-8")

    def is_blank(self, row: int) -> bool:
        """Whether the row holds nothing but white space, as `str.strip` sees it."""
        stripped = self.rows[row].strip()
        if not stripped or b" " < stripped[:1] < b"\x7f":
            return not stripped
        return not stripped.decode("utf-8").strip()

    def trim(self, first: int, last: int) -> tuple[int, int]:
        """The range without the blank rows at its ends; empty (first > last) when all are blank."""
        while first <= last and self.is_blank(first):
            first += 1
        while last >= first and self.is_blank(last):
            last -= 1
        return first, last
