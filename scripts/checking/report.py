# SPDX-License-Identifier: GPL-2.0
"""What a person sees of a check: what is done, what runs, how long the rest takes, what failed."""
import os
import re
import shlex
import shutil
import sys
import threading
import time

COLOURS = {"red": 31, "green": 32, "yellow": 33, "bold": 1}
TERMINAL = sys.stdout.isatty()
lock = threading.Lock()
status_line = ""


def colour(name, text):
    """Only on a terminal, never with NO_COLOR."""
    if not TERMINAL or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[name]}m{text}\033[0m"


def say(text=""):
    """A line that stays; the line with the progress is written anew below it."""
    with lock:
        if status_line:
            sys.stdout.write("\r\033[K")
        sys.stdout.write(text + "\n" + status_line)
        sys.stdout.flush()


def progress(text):
    """The line at the bottom of a terminal."""
    global status_line
    if not TERMINAL:
        return
    with lock:
        status_line = text[:shutil.get_terminal_size().columns - 1]
        sys.stdout.write("\r\033[K" + status_line)
        sys.stdout.flush()


def duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def result_line(done, total, result):
    """One line for a step that has ended."""
    words = [f"{result.passed} passed"]
    if result.failed:
        words.append(colour("red", f"{result.failed} failed"))
    if result.skipped:
        words.append(colour("yellow", f"{result.skipped} skipped"))
    again = " the second time" if result.second else ""
    return f"[{done}/{total}] {result.step.name}: {', '.join(words)}{again} " \
           f"({result.wall:.0f} s, {result.cpu:.0f} s of CPU)"


def details(result):
    """What failed, as far as it fits on a screen."""
    lines = ["    " + line for line in result.lines]
    if result.failed:
        errors = result.log.with_suffix(".err").read_text(errors="replace").splitlines()
        lines += ["    " + line for line in errors[-80:]]
        lines.append(f"    exit status {result.status}; the whole of it: {result.log}, "
                     f"{result.log.with_suffix('.err')}")
    return lines


def first_assertion(result):
    """The first test that failed, and the lines before it that say what was expected and found."""
    lines = result.lines
    bad = next((i for i, line in enumerate(lines) if re.match(r"\s*not ok", line)), None)
    if bad is None:
        errors = result.log.with_suffix(".err").read_text(errors="replace").splitlines()
        return [line for line in errors if line.strip()][-6:] or ["it said nothing"]
    said = [line for line in lines[:bad] if line.strip()] or lines[bad + 1:bad + 7]
    first = next((i for i, line in enumerate(said)
                  if re.search(r"expected|is not|!=|==|: .*, not |Error|Failed", line, re.I)),
                 max(0, len(said) - 4))
    return [lines[bad].strip()] + [line.rstrip() for line in said[first:first + 6]]


def last_lines(result):
    """Of a step that failed: its name, the first assertion, and how to repeat this step alone."""
    lines = [colour("red", f"{result.step.name} failed") + f" (exit status {result.status})"]
    lines += ["    " + line for line in first_assertion(result)]
    again = shlex.quote(f"CHECK={result.step.name}")
    lines.append(f"    once more: make check {again}")
    return lines


class Clock:
    """Shows now and then what runs, and about how long the rest takes."""

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        if TERMINAL:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        if self.thread.is_alive():
            self.thread.join()
        progress("")

    def run(self):
        while not self.stop.wait(1):
            progress(self.scheduler.summary(time.monotonic()))
