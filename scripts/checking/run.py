# SPDX-License-Identifier: GPL-2.0
"""Run steps: several at a time, each after the steps that it needs, the longest first."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

from . import costs, report
from .steps import RESULTS, TOP, Step

# More than there are CPUs, because a VM also waits for its host.
LANES = os.cpu_count() + 1
# scripts/vm: the emulator stumbled over the kernel's patching, which is not the step's fault.
EMULATOR, NO_VM, KERNEL_REPORT = 97, 98, 99

processes = set()                   # what runs now, each the leader of a session of its own
interrupted = threading.Event()


@dataclass
class Result:
    """What came of a step."""
    step: Step
    log: pathlib.Path
    status: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    cpu: float = 0
    wall: float = 0
    lines: list = field(default_factory=list)
    second: bool = False
    first_log: pathlib.Path = None


def spawn(step, log):
    """Run the command to its end: its exit status, and the CPU seconds it took."""
    with open(log, "wb") as out, open(log.with_suffix(".err"), "wb") as err:
        process = subprocess.Popen(step.command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT if step.test else err,
                                   env=os.environ | step.environment, start_new_session=True)
        processes.add(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        processes.discard(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def as_tap(step, log, status):
    """The output of a command that is itself a test becomes that test's."""
    said = log.read_text(errors="replace").splitlines()
    verdict = "not ok" if status else "ok"
    log.write_text("\n".join(["1..1", *(f"# {line}" for line in said), f"{verdict} 1 {step.test}"])
                   + "\n")


def add_up(result):
    """What scripts/ktap makes of the log."""
    said = subprocess.run([TOP / "scripts/ktap"], stdin=open(result.log, "rb"), check=True,
                          stdout=subprocess.PIPE, text=True, errors="replace").stdout.splitlines()
    result.lines = said[:-1]
    totals, *numbers = said[-1].split()
    assert totals == "totals", said[-1]
    result.passed, result.failed, result.skipped = (int(n) for n in numbers)
    # A step that fails and shows no failed test has failed otherwise.
    if result.status and (not result.failed or result.status in (EMULATOR, NO_VM, KERNEL_REPORT)):
        result.failed += 1


def run_step(step, suffix=""):
    log = RESULTS / f"{step.name}{suffix}.tap"
    result = Result(step, log)
    begun = time.monotonic()
    for _ in range(3):
        result.status, cpu = spawn(step, log)
        result.cpu += cpu
        if result.status != EMULATOR:
            break
    result.wall = time.monotonic() - begun
    if step.test:
        as_tap(step, log, result.status)
    add_up(result)
    return result


def stop_all(*_):
    """Ctrl-C: every step ends, with all that it has started."""
    interrupted.set()
    for pid in list(processes):
        try:
            os.killpg(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass


class Scheduler:
    """Lanes that take the next step as long as one is left."""

    def __init__(self, steps, lanes=LANES):
        self.steps, self.lanes = steps, lanes
        self.known = costs.read()
        self.waiting = {step.name: step for step in steps}
        self.running = {}           # name: when it began
        self.results = {}
        self.changed = threading.Condition()

    def cost(self, name):
        return self.known.get(name, costs.GUESS)

    def urgency(self, step):
        """What others wait for comes first, and then what takes longest."""
        needed = any(step.name in other.needs for other in self.waiting.values())
        return needed, self.cost(step.name).wall

    def next_step(self):
        """With the lock held: a step that can begin; None if all have begun."""
        while self.waiting and not interrupted.is_set():
            for step in list(self.waiting.values()):
                if any(need in self.results and self.results[need].failed for need in step.needs):
                    self.leave_out(step)
            ready = [step for step in self.waiting.values()
                     if all(need in self.results for need in step.needs)]
            if ready:
                step = max(ready, key=self.urgency)
                del self.waiting[step.name]
                self.running[step.name] = time.monotonic()
                return step
            if not self.running:
                break
            self.changed.wait()
        return None

    def leave_out(self, step):
        need = next(n for n in step.needs if n in self.results and self.results[n].failed)
        log = RESULTS / f"{step.name}.tap"
        log.write_text(f"not ok 1 it needs {need}, which failed\n")
        log.with_suffix(".err").write_text("")
        del self.waiting[step.name]
        self.results[step.name] = Result(step, log, status=1, failed=1,
                                         lines=log.read_text().splitlines())

    def lane(self):
        while True:
            with self.changed:
                step = self.next_step()
                if not step:
                    self.changed.notify_all()
                    return
                begins = f"{step.name} begins"
            if not report.TERMINAL:
                report.say(begins)
            result = run_step(step)
            with self.changed:
                del self.running[step.name]
                self.results[step.name] = result
                done = len(self.results)
                self.changed.notify_all()
                rest = self.rest(time.monotonic())
            if interrupted.is_set():
                return
            left = f", about {report.duration(rest)} left" if rest else ""
            report.say("\n".join([report.result_line(done, len(self.steps), result) + left,
                                  *(report.details(result) if result.failed or result.skipped
                                    else [])]))

    def run(self):
        lanes = [threading.Thread(target=self.lane) for _ in range(self.lanes)]
        with report.Clock(self):
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()
        return self.results

    def rest(self, now):
        """About how long it goes on: the costs of the last run, laid out on the lanes."""
        ends = [max(self.cost(name).wall - (now - begun), 1)
                for name, begun in self.running.items()]
        ends = ends[:self.lanes] + [0] * (self.lanes - len(ends))
        for step in sorted(self.waiting.values(), key=self.urgency, reverse=True):
            ends[ends.index(min(ends))] += self.cost(step.name).wall
        return max(ends)

    def summary(self, now):
        """The line at the bottom."""
        with self.changed:
            running = ", ".join(f"{name} ({now - begun:.0f} s)"
                                for name, begun in sorted(self.running.items()))
            failed = sum(bool(result.failed) for result in self.results.values())
            bad = f", {failed} failed" if failed else ""
            return f"[{len(self.results)}/{len(self.steps)}{bad}, about " \
                   f"{report.duration(self.rest(now))} left] {running}"


def second_run(results):
    """A step in real time that failed runs once more, alone. A report of the kernel is no matter
    of time, so it stays a failure."""
    for name, first in list(results.items()):
        step = first.step
        left_out = any(results[need].failed for need in step.needs)
        if not first.failed or not step.real_time or left_out or first.status == KERNEL_REPORT:
            continue
        report.say(f"{name} runs once more, alone")
        for path in (first.log, first.log.with_suffix(".err")):
            path.rename(RESULTS / f"first-{path.name}")
        first.log = RESULTS / f"first-{first.log.name}"
        again = run_step(step)
        again.second, again.first_log = True, first.log
        results[name] = again
        report.say("\n".join([report.result_line(len(results), len(results), again),
                              *(report.details(again) if again.failed else [])]))


def write_index(results):
    """For scripts/conformance: which file has the results of which tests."""
    index = [{"step": name, "kind": result.step.kind, "tap": str(result.log)}
             for name, result in results.items()]
    (RESULTS / "index.json").write_text(json.dumps(index, indent=1))
