"""Counts instructions and allocations of each case, and compares them with the baseline. Called by gate.sh.

    python3 benches/gate.py [--update] [--functions CASE] FEATURES=PROGRAM...

The hash function itself does not count: its instructions are decided by the message, and the processor has its own
for it that the counter does not know. Nor does the inside of the allocator: how often it is called counts instead. An
operation is what `count.rs` does once; a floor is the work in it that nobody can avoid (`support/floor.rs`).
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

BASELINE = Path(__file__).resolve().parent / "baseline.json"

# What count.rs does between two dumps.
SAMPLES = 16
SAMPLED = "count::sampled"

# A case may cost this much more than the baseline says.
TOLERANCE = 0.03

# And this many instructions: where a buffer happens to lie decides which way libc copies it.
SLACK = {"program": 2, "system": 64}

# How far above its floor a codec may be.
GOAL = 750

HASH = re.compile(r"\b(sha1|sha2)\b.*\bcompress")
ALLOCATING = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"}
# Their cost hangs on what was allocated and freed before, so they are counted, not measured.
ALLOCATOR = re.compile(
    r"(malloc|calloc|realloc|free|cfree|posix_memalign|aligned_alloc|memalign|_mid_memalign|_int_\w+|sysmalloc|systrim|"
    r"tcache_\w+|malloc_consolidate|unlink_chunk|alloc_perturb|arena_get\w*|ptmalloc_\w+|sbrk|brk)(\.\w+)*"
)


# For the counter each byte of a `rep stosb` is an instruction: long copies are counted as loops instead.
LOOPS = {"GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=1000000:glibc.cpu.x86_rep_stosb_threshold=1000000"}


def run(*command):
    environment = {**os.environ, **LOOPS}
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if result.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


class Dump:
    """What ran between two dumps."""

    def __init__(self, path, program):
        # Instructions by function, apart from those of other functions that it calls.
        self.functions = Counter()
        self.outside = Counter()
        # How often each allocating function was entered. What callgrind says of calls includes those outside SAMPLED.
        entries = {}
        place = function = None
        inclusive = False
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("0x"):
                # The line after `calls=` is what the called function cost.
                if not inclusive:
                    address, _, count = line.split()
                    (self.functions if place == program else self.outside)[function] += int(count)
                    if function in ALLOCATING:
                        entries[function] = min(entries.get(function, (2**64, 0)), (int(address, 16), int(count)))
                inclusive = False
            elif line.startswith("ob="):
                place = line.removeprefix("ob=")
            elif line.startswith("fn="):
                function = line.removeprefix("fn=")
            elif line.startswith("calls="):
                inclusive = True
        self.entries = sum(count for _, count in entries.values())

    def program(self):
        """The instructions of an operation in the program itself."""
        return round(sum(count for name, count in self.functions.items() if not HASH.search(name)) / SAMPLES)

    def system(self):
        """Those in libraries of the system, apart from the allocator: copies, the clock."""
        counts = (count for name, count in self.outside.items() if not ALLOCATOR.fullmatch(name))
        return round(sum(counts) / SAMPLES)

    def allocator(self):
        return round(sum(count for name, count in self.outside.items() if ALLOCATOR.fullmatch(name)) / SAMPLES)

    def allocations(self):
        return round(self.entries / SAMPLES, 2)


def measure(program):
    """Returns what the cases cost: by name, ours and then the other."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        options = ["--collect-atstart=no", f"--toggle-collect={SAMPLED}", f"--dump-before={SAMPLED}"]
        options += ["--dump-instr=yes", "--compress-pos=no", "--compress-strings=no"]
        printed = run("valgrind", "--tool=callgrind", *options, f"--callgrind-out-file={out}", program).splitlines()
        # The first is written before there is anything to write, the last when the program ends.
        dumps = [out.with_name(f"out.{number}") for number in range(2, len(printed) + 1)] + [out]
        cases = {}
        for line, path in zip(printed, dumps, strict=True):
            name, side = line.split("\t")
            cases.setdefault(name, {})["ours" if side == "ours" else "other"] = Dump(path, program)
        return cases


def counts(case):
    ours, other = case["ours"], case["other"]
    return {
        "program": ours.program(),
        "system": ours.system(),
        "allocations": ours.allocations(),
        "floor": other.program() + other.system(),
        "floor allocations": other.allocations(),
    }


def show_functions(name, case):
    """Prints where the instructions of a case go that the other does not need."""
    totals = {side: dump.functions + dump.outside for side, dump in case.items()}
    names = sorted(set(totals["ours"]) | set(totals["other"]), key=lambda n: totals["other"][n] - totals["ours"][n])
    print(f"\n{name}\n{'ours':>8} {'floor':>8} {'more':>8}  function")
    for function in names:
        ours, other = (round(totals[side][function] / SAMPLES) for side in ("ours", "other"))
        if ours != other and not HASH.search(function) and not ALLOCATOR.fullmatch(function):
            print(f"{ours:8} {other:8} {ours - other:+8}  {function}")


def compare(name, now, before, with_system):
    """Yields what became worse."""
    if before is None:
        yield f"{name}: not in the baseline"
        return
    # What the floor costs more, too, comes from where the buffers lie and not from the library. No more than that is
    # forgiven: a floor that grows otherwise says nothing of the library.
    moved = {"program": 0, "system": min(max(now["floor"] - before["floor"], 0), SLACK["system"])}
    for what in ["program", "system"] if with_system else ["program"]:
        count = now[what] - moved[what]
        if count > before[what] * (1 + TOLERANCE) and count > before[what] + SLACK[what]:
            also = f", {moved[what]} of them with the floor" if moved[what] else ""
            yield f"{name}: {what} {before[what]} -> {now[what]} instructions{also}, {now[what] / before[what] - 1:+.1%}"
    if now["allocations"] > before["allocations"]:
        yield f"{name}: {before['allocations']} -> {now['allocations']} allocations"


def tools():
    libc = os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    return {"rustc": run("rustc", "--version").strip(), "valgrind": run("valgrind", "--version").strip(), "libc": libc}


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    wanted = arguments[arguments.index("--functions") + 1] if "--functions" in arguments else None
    programs = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    if not programs:
        sys.exit(__doc__)

    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    result = {"tools": tools(), "cases": {}}
    problems, better, above_goal = [], [], []
    same = baseline.get("tools") == result["tools"]
    for features, program in programs.items():
        print(f"\n{features}\n{'ours':>8} {'floor':>8} {'above':>8}  {'allocations':>11} {'allocator':>15}  case")
        known = baseline.get("cases", {}).get(features, {})
        result["cases"][features] = cases = {}
        measured = measure(program)
        for name, case in measured.items():
            cases[name] = now = counts(case)
            ours = now["program"] + now["system"]
            above = ours - now["floor"]
            allocations = f"{now['allocations']:g} / {now['floor allocations']:g}"
            allocator = f"{case['ours'].allocator()} / {case['other'].allocator()}"
            print(f"{ours:8} {now['floor']:8} {above:+8}  {allocations:>11} {allocator:>15}  {name}")
            if re.fullmatch(r"(de|en)code \d+ B", name) and above > GOAL:
                above_goal.append(f"{name} is {above} above its floor")
            problems += compare(name, now, known.get(name), same)
            before = known.get(name, now)
            if now["program"] < before["program"] * (1 - TOLERANCE) or now["allocations"] < before["allocations"]:
                better.append(name)
        problems += [f"{name}: in the baseline, and gone" for name in known if name not in cases]
        for name, case in measured.items():
            if wanted is not None and wanted in name:
                show_functions(name, case)

    print()
    if wanted is not None:
        return
    for line in above_goal:
        print(f"over the goal of {GOAL}: {line}")
    if update:
        BASELINE.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        print(f"{BASELINE.name} is written")
        return
    if not same:
        print(f"the baseline was measured with {baseline.get('tools')}, this with {result['tools']}")
        print("instructions in libraries of the system are not compared")
    for name in better:
        print(f"better: {name}; `benches/gate.sh --update` keeps it so")
    for problem in problems:
        print(f"worse: {problem}")
    if problems:
        sys.exit(f"failed: {len(problems)} problems; if they are meant to be, run `benches/gate.sh --update`")
    print(f"{sum(map(len, result['cases'].values()))} cases cost no more than the baseline says")


if __name__ == "__main__":
    main()
