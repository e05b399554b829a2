"""How rows are laid out in text: on a terminal of some width, or whole, for a file and for `cut` and `grep`.

Columns of words are wrapped, numbers never. A table too wide even so is shown in parts that repeat its leading words,
or, where words stand between its numbers, row by row. Nothing is ever left out or cut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from rich.cells import cell_len

_GAP: Final = 2
_INDENT: Final = 2
_LINES: Final = 3
_COMFORT: Final = 24  # a longer text may take more lines


@dataclass(frozen=True)
class Table:
    """A titled table of texts; `fixed` are the positions of columns whose cells are never broken and stand flush right:
    numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    fixed: frozenset[int]


def made(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]], numbers: Collection[int] = ()) -> Table:
    """A table of anything that has a text."""
    texts = tuple(tuple(map(str, row)) for row in rows)
    return Table(title, tuple(columns), texts, frozenset(numbers))


def plain(table: Table) -> list[str]:
    """A line for each row: cells are set below each other and parted by tabs, so that `cut -f3` works too."""
    widths = [max(map(cell_len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    lines = [
        "\t".join(
            _padded(cell, width, right=at in table.fixed)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (table.columns, *table.rows)
    ]
    return [*([table.title] if table.title else []), *(line.rstrip(" ") for line in lines)]


def laid_out(table: Table, width: int) -> list[str]:
    """Lines no longer than `width`, unless a single word or number is."""
    least = [_least(table, at) for at in range(len(table.columns))]
    if _total(least) <= width:
        return [*_titled(table.title, width), *_grid(table, least, width)]
    lead = len(list(takewhile(lambda at: at not in table.fixed, range(len(table.columns)))))
    rest = range(lead, len(table.columns))
    if not rest or table.fixed != frozenset(rest) or not _has_room(range(lead), rest, least, width):
        return [*_titled(table.title, width), *_blocks(table, width)]
    groups = _groups(range(lead), rest, least, width)
    lines = []
    for order, group in enumerate(groups, start=1):
        lines += _titled(f"{table.title} ({order}/{len(groups)})".strip(), width)
        lines += _grid(_part(table, group), [least[column] for column in group], width)
    return lines


def facts(title: str, lines: Sequence[tuple[str, str, bool]], width: int | None) -> list[str]:
    """A label and a value in each line; a value that does not fit beside its label goes below it. Without a width, for
    a pipe, a tab parts the two.

    The third says that the value is one piece (a hash, a path, an address): it is never broken, to be copied whole.
    """
    most = max((cell_len(label) for label, _, _ in lines), default=0)
    result = _titled(title, width)
    if width is None:
        return [*result, *(f"{_padded(label, most)}\t{value}" for label, value, _ in lines)]
    for label, value, is_whole in lines:
        room = width - most - _GAP
        if cell_len(value) <= room or not value:
            result.append(f"{_padded(label, most)}{' ' * _GAP}{value}".rstrip())
        elif is_whole or room < width // 3:
            result += [label, *_indented([value] if is_whole else wrapped(value, width - _INDENT), _INDENT)]
        else:
            first, *more = wrapped(value, room)
            result += [f"{_padded(label, most)}{' ' * _GAP}{first}", *_indented(more, most + _GAP)]
    return result


def _titled(title: str, width: int | None) -> list[str]:
    return (wrapped(title, width) if width is not None else [title]) if title else []


def wrapped(text: str, width: int) -> list[str]:
    """The words of a text in lines of a width; a longer word has a line of its own and stays whole."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and cell_len(line) + 1 + cell_len(word) > width:
                lines.append(line)
                line = ""
            line = f"{line} {word}" if line else word
        lines.append(line)
    return lines


def _grid(table: Table, least: Sequence[int], width: int) -> Iterator[str]:
    widths = _shared(table, least, width)
    yield from _row(table, table.columns, widths, at_foot=True)
    yield "  ".join("─" * column_width for column_width in widths)
    for row in table.rows:
        yield from _row(table, row, widths)


def _row(table: Table, row: Sequence[str], widths: Sequence[int], *, at_foot: bool = False) -> Iterator[str]:
    """The lines of a row; those of the heading end beside each other, those of a row of cells begin so."""
    pieces = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, pieces))
    for at, piece in enumerate(pieces):
        blank = [""] * (height - len(piece))
        pieces[at] = [*blank, *piece] if at_foot else [*piece, *blank]
    for line in zip(*pieces, strict=True):
        cells = (_padded(cell, widths[at], right=at in table.fixed) for at, cell in enumerate(line))
        yield (" " * _GAP).join(cells).rstrip()


def _shared(table: Table, least: Sequence[int], width: int) -> list[int]:
    """Widths of columns: the least, and what is left for those that lack most."""
    widths = list(least)
    wanted = [max(map(cell_len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    for _ in range(width - _total(widths)):
        lack, at = max((want - have, -at) for at, (want, have) in enumerate(zip(wanted, widths, strict=True)))
        if lack <= 0:
            break
        widths[-at] += 1
    return widths


def _blocks(table: Table, width: int) -> Iterator[str]:
    """Each row by itself: its first cell, then a line for each other cell that is not blank."""
    for row in table.rows:
        yield from wrapped(row[0] or "-", width)
        cells = enumerate(zip(table.columns, row, strict=True))
        lines = [(column, cell, at in table.fixed) for at, (column, cell) in cells if at and cell]
        yield from _indented(facts("", lines, width - _INDENT), _INDENT)


def _groups(leading: Sequence[int], rest: Sequence[int], least: Sequence[int], width: int) -> list[list[int]]:
    """Columns of each part: the leading ones and as many others as there is room for, evenly where that fits."""
    groups = [list(leading)]
    for at in rest:
        if _total([least[column] for column in (*groups[-1], at)]) > width:
            groups.append(list(leading))
        groups[-1].append(at)
    per_part = -(-len(rest) // len(groups))
    even = [[*leading, *rest[start : start + per_part]] for start in range(0, len(rest), per_part)]
    return even if all(_total([least[column] for column in group]) <= width for group in even) else groups


def _has_room(leading: Sequence[int], rest: Sequence[int], least: Sequence[int], width: int) -> bool:
    return bool(leading) and all(_total([*(least[column] for column in leading), least[at]]) <= width for at in rest)


def _part(table: Table, group: Sequence[int]) -> Table:
    rows = tuple(tuple(row[at] for at in group) for row in table.rows)
    fixed = frozenset(place for place, at in enumerate(group) if at in table.fixed)
    return Table(table.title, tuple(table.columns[at] for at in group), rows, fixed)


def _least(table: Table, at: int) -> int:
    """The narrowest a column can be: its longest number, or its longest word and cells of about three lines."""
    cells = [row[at] for row in table.rows]
    if at in table.fixed:
        return max(map(cell_len, [*table.columns[at].split(), *cells]), default=0)
    words = [word for text in (table.columns[at], *cells) for word in text.split()]
    longest = max(map(cell_len, cells), default=0)
    return max([min(-(-longest // _LINES), _COMFORT), *map(cell_len, words)])


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _indented(lines: Iterable[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]
