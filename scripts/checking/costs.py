# SPDX-License-Identifier: GPL-2.0
"""What each step costs: CPU seconds, and seconds by the clock.

The last run's costs are in a file of the build directory. The table in Documentation/testing.md
has them for a checkout in which nothing ran yet, and says which faults only this step finds.
"""
import re
from collections import namedtuple

from .steps import CONFORMANCE, KERNELS, TOP, every_step

Cost = namedtuple("Cost", "cpu wall")
FILE = TOP / "build/check-costs"
TABLE = TOP / "Documentation/testing.md"
COLUMNS = (*KERNELS, "host")
GUESS = Cost(30, 30)                # of a step that nobody has run yet


def row_and_column(name):
    """wire@6.1 is in the row `wire`, in the column 6.1."""
    row, _, kernel = name.partition("@")
    return row, kernel or "host"


def table_rows():
    """{row: {column: Cost}}, and each row's last cell."""
    rows, finds = {}, {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != len(COLUMNS) + 2 or not re.fullmatch(r"`[\w:-]+`", cells[0]):
            continue
        row = cells[0].strip("`")
        finds[row] = cells[-1]
        rows[row] = {column: Cost(*(int(n) for n in cell.split("/")))
                     for column, cell in zip(COLUMNS, cells[1:-1]) if re.match(r"\d", cell)}
    return rows, finds


def read():
    """{step: Cost} of the last run; of the table where a step has not run here."""
    costs = {row if column == "host" else f"{row}@{column}": cost
             for row, cells in table_rows()[0].items() for column, cost in cells.items()}
    if FILE.exists():
        for line in FILE.read_text().splitlines():
            name, cpu, wall = line.split("\t")
            costs[name] = Cost(float(cpu), float(wall))
    return costs


def write(measured):
    """Keep these, and of the other steps what is known from before."""
    costs = {}
    if FILE.exists():
        for line in FILE.read_text().splitlines():
            name, cpu, wall = line.split("\t")
            costs[name] = Cost(float(cpu), float(wall))
    costs.update(measured)
    FILE.parent.mkdir(exist_ok=True)
    new = FILE.with_suffix(".new")
    new.write_text("".join(f"{name}\t{cost.cpu:.1f}\t{cost.wall:.1f}\n"
                           for name, cost in sorted(costs.items())))
    new.replace(FILE)


def differences():
    """How the table's list of steps differs from the real one, as sentences."""
    rows, finds = table_rows()
    listed = {(row, column) for row, cells in rows.items() for column in cells}
    real = {row_and_column(step.name) for step in every_step(long=False)
            if step.name != CONFORMANCE}
    for row, column in sorted(real - listed):
        yield f"Documentation/testing.md: the table of costs lacks {row} ({column})"
    for row, column in sorted(listed - real):
        yield f"Documentation/testing.md: the table of costs has {row} ({column}), and no such step exists"
    for row in sorted({row for row, _ in real} & set(finds)):
        if len(finds[row].split()) < 3:
            yield f"Documentation/testing.md: the table does not say which faults only {row} finds"


def update_table():
    """Put the last run's costs into the table, and a row for each step that is new."""
    costs = read()
    rows = {}
    for step in every_step(long=False):
        if step.name != CONFORMANCE:
            row, column = row_and_column(step.name)
            cost = costs.get(step.name, GUESS)
            rows.setdefault(row, {})[column] = f"{cost.cpu:.0f}/{cost.wall:.0f}"
    finds = table_rows()[1]

    def line(row):
        cells = [rows[row].get(column, "") for column in COLUMNS]
        return " ".join(["|", f"`{row}`", "|", " | ".join(cells), "|", finds.get(row, ""), "|"])

    text = TABLE.read_text().splitlines()
    old = [i for i, words in enumerate(text) if re.match(r"\| `[\w:-]+` \|(.*\|){6}$", words)]
    if old:
        text[old[0]:old[-1] + 1] = [line(row) for row in rows]
        TABLE.write_text("\n".join(text) + "\n")
    return bool(old)
