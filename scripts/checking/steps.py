# SPDX-License-Identifier: GPL-2.0
"""What there is to do: the steps of a check, and what each one needs.

A step is named SUITE[:VARIANT][@KERNEL]. The suites for the VM are the folders of selftests/ with a
file `run`, which prints TAP. Each line of the file `options` is a VM of its own, and has the words
for scripts/vm; `options-KERNEL` replaces it on that kernel. The file `kernels` names the kernels if
they are not the usual ones.
"""
import os
import pathlib
from dataclasses import dataclass, field

TOP = pathlib.Path(__file__).resolve().parents[2]
TESTS = TOP / "selftests"
KERNELS = ("6.1", "6.12", "7.2", "7.2-um")
# Of the two debug kernels the one that is not emulated.
USUAL_KERNELS = ("6.1", "6.12", "7.2-um")
# These have a file `run` too, but it runs on the host.
ON_THE_HOST = ("core", "harness", "install")
CONFORMANCE = "conformance"
RESULTS = TOP / "build/check"
QUICK = ("lint", "core:unit", "net:quick@7.2-um")


@dataclass
class Step:
    """One line of the check."""
    name: str
    command: list
    needs: tuple = ()               # names of the steps that have to pass before
    test: str = ""                  # set: the command is itself this one test, and prints no TAP
    real_time: bool = False         # a VM whose clock is the host's: a busy host can make it late
    kind: str = ""                  # the tests in it that Documentation/conformance.md may name
    environment: dict = field(default_factory=dict)

    @property
    def suite(self):
        return self.name.split("@")[0].split(":")[0]

    @property
    def kernel(self):
        return self.name.partition("@")[2]


def lines_of(*paths):
    """The lines of the first file that is there, without its comments; else None."""
    for path in paths:
        if path.exists():
            return [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return None


def suites():
    return [path.parent.name for path in sorted(TESTS.glob("*/run"))
            if path.parent.name not in ON_THE_HOST]


def build_module(kernel):
    return Step(f"build@{kernel}", ["make", "-s", f"-j{os.cpu_count()}", "modules",
                                    f"KERNEL={kernel}"], test="builds without a warning")


def build_tests():
    """plan() adds the names of the suites."""
    return Step("build:tests", ["make", "-s", f"-j{os.cpu_count()}", "-C", "selftests"],
                test="builds")


def in_vm(name, suite, kernel, options, tests=(), needs=()):
    words = options.split()
    environment = {"EDU_LONG": "1"} if os.environ.get("EDU_LONG") else {}
    return Step(name,
                ["scripts/vm", "-q", "-k", kernel, "--load", "--timeout", "2400",
                 "-e", f"EDU_VM_OPTIONS={options}",
                 *(word for pair in environment.items() for word in ("-e", "=".join(pair))),
                 *words, "--", f"selftests/{suite}/run", *tests],
                needs=(f"build@{kernel}", *needs), real_time="--virtual" not in words,
                kind=suite, environment=environment)


def steps_in_vm(suite, kernel):
    """One for each line of the suite's options."""
    folder = TESTS / suite
    if kernel not in (lines_of(folder / "kernels") or USUAL_KERNELS):
        return
    needs = ("build:tests",) if (folder / "Makefile").exists() else ()
    runs = lines_of(folder / f"options-{kernel}", folder / "options") or [""]
    for options in runs:
        variant = f":{options.split()[0].lstrip('-')}" if len(runs) > 1 else ""
        yield in_vm(f"{suite}{variant}@{kernel}", suite, kernel, options, needs=needs)


def every_step(long):
    """All of them, in the order in which a reader of the table would expect them."""
    for kernel in KERNELS:
        yield build_module(kernel)
    yield build_tests()
    yield Step("lint", ["scripts/lint", "--tap"],
               needs=("build@6.1", "build@6.12", "build@7.2"))
    yield Step("core:unit", ["selftests/core/run"], needs=("build:tests",), kind="unit")
    # One loss instead of two; each setting, with and without timestamps.
    yield Step("core:explore",
               ["selftests/core/run", "explore", *(() if long else ("--losses", "1"))],
               needs=("build:tests",))
    yield Step("core:fuzz", ["selftests/core/run", "fuzz", "--time", "60" if long else "10"],
               needs=("build:tests",))
    # The results can be read until the module goes. Some cases measure time, so it is virtual.
    yield Step("kunit@7.2-um",
               ["scripts/vm", "-q", "-k", "7.2-um", "--virtual", "--insmod",
                "build/7.2-um/edu_tcp_kunit.ko", "--", "sh", "-c",
                "cat /sys/kernel/debug/kunit/*/results"], needs=("build@7.2-um",), kind="unit")
    yield Step("harness", ["selftests/harness/run", "--jobs", "1", *(() if long else ("--short",))],
               needs=("build@6.1", "build@7.2", "build@7.2-um"), real_time=True)
    yield Step("install@6.1", ["selftests/install/run"], needs=("build@6.1",),
               test="socket() loads the installed module", real_time=True)
    yield Step("demo@6.1", ["scripts/demo"], needs=("build@6.1",), real_time=True,
               test="one connection, and all of it is as it should be")
    for suite in suites():
        for kernel in KERNELS:
            yield from steps_in_vm(suite, kernel)
    yield Step(CONFORMANCE, ["scripts/conformance", str(RESULTS)])


def quick():
    """One boot with one transfer."""
    return in_vm("net:quick@7.2-um", "net", "7.2-um", "", tests=("a_clean_wire",),
                 needs=("build:tests",))


def plan(parts, kernels, long):
    """The steps for these parts (a suite's or a step's name; none: all), and what they need."""
    steps = {step.name: step for step in every_step(long)}
    if "quick" in parts:
        steps = {name: step for name, step in steps.items() if name in QUICK or
                 step.suite == "build"} | {"net:quick@7.2-um": quick()}
        steps["lint"].needs = ()
        steps["lint"].command += ["checkpatch", "shellcheck", "tree"]
        parts = QUICK
    def on_these_kernels(step):
        used = {step.kernel} if step.kernel else {need.partition("@")[2] for need in step.needs}
        return used - {""} <= set(kernels)

    def asked_for(step):
        named = step.suite in parts or step.name in parts
        if named and not step.kernel:
            return True             # it has kernels of its own, and they are needed
        return (named or not parts) and on_these_kernels(step)

    wanted = [step for step in steps.values() if asked_for(step)]
    chosen = {}

    def choose(step):
        for need in step.needs:
            choose(steps[need])
        chosen[step.name] = step

    for step in wanted:
        choose(step)
    if "build:tests" in chosen:
        # The benchmarks are no tests, but they have to build.
        every = not parts or "build" in parts or "build:tests" in parts
        chosen["build:tests"].command += [] if every else sorted(
            {step.suite for step in chosen.values() if "build:tests" in step.needs})
    # The last one looks at what the others said: does each rule's test run and pass?
    if chosen and "quick" not in parts:
        chosen.pop(CONFORMANCE, None)
        chosen[CONFORMANCE] = steps.get(CONFORMANCE)
    return [step for step in chosen.values() if step]


def unknown(parts, long):
    """Those of the parts that name nothing."""
    known = {"quick"}
    for step in every_step(long):
        known |= {step.suite, step.name}
    return [part for part in parts if part not in known]
