"""The table of verdicts in README.rst, as data."""

from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.rst"
START = ".. replay table"


def read(text=None):
    """Return the cells of the table.

    :param text: the README's text; None: read it
    :return: list of (handler column, document state, cell), cells of "–" left out
    """
    lines = (text or README.read_text(encoding="utf-8")).partition(START)[2].splitlines()
    rules = [index for index, line in enumerate(lines) if line.startswith("=")][:3]
    rule = lines[rules[0]]
    starts = [i for i, c in enumerate(rule) if c == "=" and (i == 0 or rule[i - 1] == " ")]
    bounds = list(zip(starts, [*starts[1:], None], strict=True))

    def split(line):
        return [line[begin:end].strip() for begin, end in bounds]

    head = split(lines[rules[0] + 1])
    cells = []
    for line in lines[rules[1] + 1 : rules[2]]:
        state, *row = split(line)
        cells += [
            (handler, state, cell)
            for handler, cell in zip(head[1:], row, strict=True)
            if cell != "–"
        ]
    return cells
