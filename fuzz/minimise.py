#!/usr/bin/env python3
"""Chooses what to commit of the inputs that a long run of a target found, and writes it to found/<target>/.

    python3 fuzz/minimise.py TARGET CORPUS [OPTION OF cargo fuzz run]...

Chosen are, one after the other, the inputs that reach the most edges that neither seeds/<target>/ nor those chosen
before reach, and of equals the shortest: at most MOST inputs, none longer than LONGEST bytes. What found/<target>/
held takes part as well and is then replaced. Needs nightly and cargo-fuzz; TOOLCHAIN names another than nightly.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST = 60
LONGEST = 2000

# That of every run, or longer inputs would be judged by their beginning.
MAX_LEN = 6000


def edges_of(target, folders, options):
    """Runs every input once and returns the edges that each reaches, by its path."""
    toolchain = os.environ.get("TOOLCHAIN", "nightly")
    with tempfile.TemporaryDirectory() as temporary:
        control, unused = Path(temporary) / "control", Path(temporary) / "unused"
        unused.mkdir()
        command = ["cargo", f"+{toolchain}", "fuzz", "run", *options, target, unused, *folders, "--", "-set_cover_merge=1"]
        # How often an edge is passed would count, too, and tell thousands of inputs apart.
        command += ["-use_counters=0", f"-max_len={MAX_LEN}", f"-merge_control_file={control}"]
        result = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode:
            sys.exit(result.stdout.decode(errors="replace")[-5000:] + f"failed: merging {target}")
        lines = control.read_text(encoding="utf-8").splitlines()
    count = int(lines[0])
    paths = [Path(line) for line in lines[2 : 2 + count]]
    edges = {}
    for line in lines[2 + count :]:
        kind, number, *rest = line.split()
        if kind == "FT":
            edges[paths[int(number)]] = set(rest)
    return edges


def choose(edges, reached):
    """Yields inputs in the order of what each adds."""
    left, reached = dict(edges), set(reached)
    while left:
        best = min(left, key=lambda path: (-len(left[path] - reached), path.stat().st_size, path.name))
        if not left[best] - reached:
            return
        reached |= left.pop(best)
        yield best


def main():
    if len(sys.argv) < 3 or not (HERE / "fuzz_targets" / f"{sys.argv[1]}.rs").is_file():
        sys.exit(__doc__)
    target, corpus, *options = sys.argv[1:]
    seeds, found, corpus = HERE / "seeds" / target, HERE / "found" / target, Path(corpus).resolve()
    edges = edges_of(target, [folder for folder in (seeds, found, corpus) if folder.is_dir()], options)
    by_seeds = set().union(*(of for path, of in edges.items() if path.parent == seeds))
    fit = {path: of for path, of in edges.items() if path.parent != seeds and path.stat().st_size <= LONGEST}
    chosen = list(itertools.islice(choose(fit, by_seeds), MOST))
    inputs = [path.read_bytes() for path in chosen]
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    for number, data in enumerate(inputs):
        (found / f"{number:02}").write_bytes(data)
    reached, all_edges = by_seeds.union(*map(edges.get, chosen)), set().union(*edges.values())
    size = sum(map(len, inputs))
    print(f"{target}: {len(inputs)} inputs, {size} bytes; with the seeds {len(reached)} of {len(all_edges)} edges")


if __name__ == "__main__":
    main()
