"""Checks that need more than a line of shell. Called by .ci/run; exits 1 and says why when something is wrong.

    python3 .ci/checks.py readme-tests        prints the test command of the README
    python3 .ci/checks.py features PACKAGE    prints its public features
    python3 .ci/checks.py targets FEATURE     prints the options of cargo for what the feature alone changes in the core
    python3 .ci/checks.py libraries           prints the packages that are published and are libraries
    python3 .ci/checks.py tag TAG             prints what the release workflow needs to know of it
    python3 .ci/checks.py msrv                no dependency asks for a later Rust than the package that needs it
    python3 .ci/checks.py package             the published packages hold what they should and nothing else
    python3 .ci/checks.py hygiene             what is committed speaks of the project alone, the README is short, and what
                                              the texts name exists
"""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What each published package promises. Raising one is a decision, so it is written down twice.
MSRV = {
    "cookie-session": "1.88",
    "cookie-session-adapter": "1.88",
    "cookie-session-axum": "1.88",
    "cookie-session-actix": "1.89",
    "cookie-session-cli": "1.88",
    "cookie-session-tower-sessions": "1.88",
}

# Published too, from workspaces of their own: their names are those of members, for another version of what they are a bridge to.
BESIDE = [Path("cookie-session-tower-sessions/0.15/Cargo.toml")]

# Where the dependencies are counted.
LINUX = "x86_64-unknown-linux-gnu"

# What a published package must hold, and what else it may.
PACKAGE_NEEDS = {"Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"}
PACKAGE_NEEDS_ROOT = {"CHANGELOG.md", "SECURITY.md"}
PACKAGE_MADE_BY_CARGO = {"Cargo.toml.orig", "Cargo.lock", ".cargo_vcs_info.json"}
PACKAGE_MAY_HOLD = re.compile(r"CHANGELOG\.md|docs/[a-z_]+\.md|(src|examples)(/[a-z0-9_]+)+\.rs")


def run(*command):
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(f"failed: {shlex.join(command)}")
    return result.stdout


def metadata(*options):
    return json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--all-features", *options))


def members(meta=None):
    """The packages of the workspace, by name."""
    meta = meta or metadata("--no-deps")
    ids = set(meta["workspace_members"])
    return {package["name"]: package for package in meta["packages"] if package["id"] in ids}


def published(meta_of=lambda *options: metadata("--no-deps", *options)):
    """What is published, members or not: each package with the metadata that it is in."""
    for options in [()] + [("--manifest-path", str(path)) for path in BESIDE]:
        meta = meta_of(*options)
        yield from ((package, meta) for _, package in sorted(members(meta).items()) if is_published(package))


def is_published(package):
    return package["publish"] is None


def end(problems, done):
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f"failed: {len(problems)} problems")
    print(done)


# --- README ------------------------------------------------------------------------------------------------------

MARKER = "<!-- tests -->"
README_LINES = 160
README_WORDS = 800
README_PROGRAMS = ["cookie-session-axum/examples/hello.rs", "cookie-session-actix/examples/hello.rs"]


def readme_tests():
    """The convention: the fenced block after the marker is the command that runs all tests."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(re.escape(MARKER) + r"\s*```sh\n(.*?)```", text, re.DOTALL)
    if len(blocks) != 1 or not blocks[0].strip():
        sys.exit(f"failed: README.md needs one {MARKER}, and after it a block of sh")
    print(blocks[0].strip())


def is_ignored(path):
    """What git ignores is made by commands, not committed."""
    return subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0


def size_problems():
    """The front page is for two minutes: what is longer belongs into docs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for unit, count, most in [("lines", text.count("\n"), README_LINES), ("words", len(text.split()), README_WORDS)]:
        if count > most:
            yield f"README.md has {count} {unit}, and may have {most}; move something into docs"


def program_problems():
    """The programs of the README are examples, which the tests compile."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for example in README_PROGRAMS:
        head, _, program = (ROOT / example).read_text(encoding="utf-8").partition("\n\n")
        if not head.startswith("//! ") or f"\n```rust\n{program}```\n" not in readme:
            yield f"README.md does not show the program {example}"
    blocks = readme.count("\n```rust")
    if blocks != len(README_PROGRAMS):
        yield f"README.md has {blocks} blocks of Rust, and {len(README_PROGRAMS)} are tested"


def slug(heading):
    """The anchor that GitHub and rustdoc make of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower().replace("`", "")).strip().replace(" ", "-")


def link_problems(path):
    """What a text links to inside of the project, and is not there."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.MULTILINE)
    for link in links:
        # Names of items are for rustdoc, which checks them.
        if re.match(r"https?://|data:|(crate|std|super)::", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.is_file():
            yield f"{path.relative_to(ROOT)}: there is no {link}"
        elif anchor and anchor not in map(slug, re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)):
            yield f"{path.relative_to(ROOT)}: {file} has no heading {anchor}"


def chapter_problems():
    """Chapters name each other by reference: the rendered docs define where that leads, and know no files."""
    for path in sorted((ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\((\w+\.md[^)]*)\)", path.read_text(encoding="utf-8")):
            yield f"docs/{path.name}: ({link}) leads nowhere in the rendered docs; write [name] and define it at the end"


def picture_problems():
    """The rendered docs have the pictures of a page as text, made with the page."""
    inlined = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs").glob("*.svg")):
        if f"[{path.name}]: data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}\n" not in inlined:
            yield f"docs/pictures.md has not the {path.name} of now; benches/peers/report.py makes both"


def command_problems(path, packages):
    """What commands in the sh blocks of a text name and the project has not."""
    targets = {(kind, target["name"]) for package in packages.values() for target in package["targets"] for kind in target["kind"]}
    blocks = re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for line in "".join(blocks).splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        # Variables set for one command.
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if not words:
            continue
        where = f"{path.relative_to(ROOT)}: {line}"
        named = dict(zip(words, words[1:]))
        for option, kind in [("--example", "example"), ("--test", "test"), ("--bench", "bench"), ("--bin", "bin")]:
            if words[0] == "cargo" and option in named and (kind, named[option]) not in targets:
                yield f"{where}: there is no {kind} {named[option]}"
        for option in ["-p", "--package"]:
            if words[0] == "cargo" and option in named and named[option] not in packages:
                yield f"{where}: there is no package {named[option]}"
        for word in words:
            named_path = re.fullmatch(r"(?:\./)?((?:\.?[\w-]+/)+[\w.-]+|\.ci/run)", word)
            if named_path and not any((folder / named_path[1]).exists() for folder in [ROOT, path.parent]) and not is_ignored(named_path[1]):
                yield f"{where}: there is no {named_path[1]}"
        if not words[0].count("/") and words[0] not in {"git", "cd", "export", "openssl", "node", "go"} and shutil.which(words[0]) is None:
            yield f"{where}: there is no program {words[0]}"


def hygiene():
    problems = []
    packages = members()
    files = [ROOT / name for name in run("git", "ls-files", "-z").split("\0") if name]
    files = [path for path in files if path.is_file()]
    if not files:
        sys.exit("failed: git lists no files")
    # Paths of one machine, and work that is not done. Spelled so that this file does not match itself.
    forbidden = re.compile(rb"/(home|root|Users)/\w|\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b")
    for path in files:
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if forbidden.search(line):
                problems.append(f"{path.relative_to(ROOT)}:{number}: {line[:120].decode(errors='replace')}")
    for path in files:
        if path.name == "README.md" or path.parent == ROOT / "docs" and path.suffix == ".md":
            problems += command_problems(path, packages)
            problems += link_problems(path)
    problems += size_problems()
    problems += program_problems()
    problems += security_problems()
    problems += taint_problems()
    problems += chapter_problems()
    problems += picture_problems()
    problems += dependency_problems()
    problems += workflow_problems()
    end(problems, f"{len(files)} files are clean")


def workflow_problems():
    """Which actions could become others under the same name, and which jobs may do more than read."""
    for path in sorted((ROOT / ".github/workflows").glob("*.y*ml")):
        where, text = path.relative_to(ROOT), path.read_text(encoding="utf-8")
        for action in re.findall(r"^\s*(?:- )?uses: *(.*)$", text, re.MULTILINE):
            if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action):
                yield f"{where}: {action} is not pinned by its hash, with its version beside it"
        if not re.search(r"^permissions:\n  contents: read\n\n", text, re.MULTILINE):
            yield f"{where}: its jobs may do more than read, or nobody says"
        # The proof of which workflow asks is all that may be written.
        for right in re.findall(r"^\s*([\w-]+): write\b", text, re.MULTILINE):
            if right != "id-token":
                yield f"{where}: a job may write {right}"
        if "write-all" in text:
            yield f"{where}: a job may write everything"
        if text.count("uses: actions/checkout@") != text.count("persist-credentials: false"):
            yield f"{where}: a checkout leaves its token behind"


def taint_problems():
    """How the library that tests/taint is built on differs from the library."""
    own, other = (tomllib.loads((folder / "Cargo.toml").read_text(encoding="utf-8")) for folder in [ROOT, ROOT / "tests/taint/library"])
    own["target"] = {platform: tables for platform, tables in own["target"].items() if "dependencies" in tables}
    for table in ["dependencies", "features", "target"]:
        for name in sorted(set(own[table]) | set(other[table])):
            if own[table].get(name) != other[table].get(name) and name not in {"aes", "subtle"}:
                yield f"tests/taint/library/Cargo.toml: {name} is not as in Cargo.toml"
    locked = [
        {(package["name"], package["version"]) for package in tomllib.loads((folder / "Cargo.lock").read_text(encoding="utf-8"))["package"] if "source" in package}
        for folder in [ROOT, ROOT / "tests/taint"]
    ]
    for name, version in sorted(locked[1] - locked[0]):
        yield f"tests/taint/Cargo.lock: {name} {version} is not in Cargo.lock"


def dependency_problems():
    """Where the page on dependencies says something else than cargo and the sources."""
    where = "docs/dependencies.md"
    text = (ROOT / where).read_text(encoding="utf-8")
    tables = re.split(r"^## ", text, flags=re.MULTILINE)[1:3]
    rows = [dict(re.findall(r"^\| `([\w-]+)` (.*) \|$", table, re.MULTILINE)) for table in tables]
    listed = rows[0] | rows[1]
    resolved, without = tree("--all-features"), tree("--no-default-features")
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    direct = set(manifest["dependencies"]).union(*(target.get("dependencies", {}) for target in manifest["target"].values()))
    for name in sorted(set(listed) ^ set(resolved)):
        yield f"{where}: {name} is {'not' if name in listed else 'also'} a dependency"
    for name in sorted(direct ^ set(rows[0])):
        yield f"{where}: {name} is listed in the wrong table"
    numbers = f"{len(direct)} crates directly, {len(resolved) - len(direct)} more through those; {len(without)} in all without features."
    if numbers not in " ".join(text.split()):
        yield f"{where}: it does not say {numbers}"
    platform = ["--filter-platform", LINUX]
    sources = {(package["name"], package["version"]): Path(package["manifest_path"]).parent for package in metadata(*platform)["packages"]}
    for name in sorted(set(listed) & set(resolved)):
        version, *columns = listed[name].split(" | ")
        if version != resolved[name]:
            yield f"{where}: {name} is {resolved[name]} now"
        has_unsafe = any(
            re.search(r"^(?!\s*(//|#!)).*\bunsafe\b", path.read_text(encoding="utf-8"), re.MULTILINE)
            for path in (sources[name, resolved[name]] / "src").rglob("*.rs")
        )
        if has_unsafe == (columns[2] == "none"):
            yield f"{where}: {name} has {'' if has_unsafe else 'no '}unsafe code"


def tree(*features):
    """What users of the core compile: names and versions."""
    lines = run("cargo", "tree", "--locked", "-p", "cookie-session", "-e", "normal,build", "--target", LINUX, "--prefix", "none", *features)
    packages = dict(re.findall(r"^([\w-]+) v(\S+)", lines, re.MULTILINE))
    del packages["cookie-session"]
    return packages


def security_problems():
    """What SECURITY.md promises without a test, and the tests that it names and the project has not."""
    where = "SECURITY.md"
    text = (ROOT / where).read_text(encoding="utf-8")
    notes = dict(re.findall(r"^\[\^([\w-]+)\]: (.*(?:\n    .*)*)", text, re.MULTILINE))
    body = re.sub(r"^\[\^[\w-]+\]: .*(\n    .*)*", "", text, flags=re.MULTILINE)
    used = re.findall(r"\[\^([\w-]+)\]", body)
    for note in sorted(set(used) ^ set(notes)):
        yield f"{where}: [^{note}] is {'not explained' if note in used else 'not used'}"
    promises = re.search(r"^## What is promised.*?\n(- .*?)^## ", body, re.MULTILINE | re.DOTALL)
    if not promises:
        yield f"{where}: there is no list of what is promised"
        return
    for promise in re.split(r"^- ", promises[1], flags=re.MULTILINE)[1:]:
        promise = re.sub(r"^\*\*[^*]*\.\*\* ", "", " ".join(promise.split()))
        # A sentence ends where the next begins with a capital, or the promise does.
        for sentence in re.split(r"(?<=[.\]]) (?=[A-Z`])", promise):
            if not re.search(r"\.\[\^[\w-]+\]$", sentence):
                yield f"{where}: no test is named for: {sentence}"
    for note, definition in notes.items():
        named = 0
        for part in " ".join(definition.split()).split("; "):
            path, *tests = re.findall(r"`([^`]+)`", part) or [""]
            if not (ROOT / path).is_file():
                yield f"{where}: [^{note}]: there is no file {path or part}"
                continue
            source = (ROOT / path).read_text(encoding="utf-8")
            for test in tests:
                # An attribute that ends in `test`, others, the function.
                if not re.search(
                    rf"#\[(\w+::)*test\b[^\]]*\]\s*(#\[[^\]]*\]\s*)*(async )?fn {re.escape(test)}\(", source
                ):
                    yield f"{where}: [^{note}]: there is no test {test} in {path}"
            # The file alone is enough where it is one test as a whole.
            named += len(tests) if path.endswith(".rs") and "/tests/" in f"/{path}" else 1
        if not named:
            yield f"{where}: [^{note}] names no test"


# --- packages ----------------------------------------------------------------------------------------------------

def features(name):
    """The public ones: what begins with an underscore is a part of others and is not turned on by itself."""
    package = members().get(name) or sys.exit(f"failed: there is no package {name}")
    print("\n".join(sorted(feature for feature in package["features"] if feature != "default" and not feature.startswith("_"))))


def holds(expression, features):
    """Says whether the expression of a `cfg` holds in the core built with these features, for a test on this machine."""
    spelled = []
    for name, value, word, sign in re.findall(r'(\w+) = "([^"]*)"|(\w+)|([(),])', expression):
        is_function = {"all": "all_of", "any": "any_of", "not": "none_of"}.get(word)
        holds_here = value in features if name == "feature" else value != "wasm"
        spelled.append(sign or is_function or str(holds_here))
    functions = {"all_of": lambda *parts: all(parts), "any_of": lambda *parts: any(parts), "none_of": lambda part: not part}
    return eval("".join(spelled), functions)


def targets(feature):
    """The tests and benchmarks in which something is compiled with this feature that is not without any, or the reverse."""
    known = members()["cookie-session"]["features"]
    on = {feature}
    while more := {part for name in on for part in known.get(name, []) if ":" not in part} - on:
        on |= more

    def expressions(text, of_file=""):
        return re.findall(rf"#{of_file}\[cfg\((.*?)\)\]", text, re.DOTALL)

    def differs(text):
        return any(holds(expression, on) != holds(expression, set()) for expression in expressions(text, "!?"))

    options = ["--lib"]
    for path in sorted((ROOT / "tests").glob("*.rs")):
        text = path.read_text(encoding="utf-8")
        if differs(text) and all(holds(expression, on) for expression in expressions(text, "!")):
            options.append(f"--test {path.stem}")
    benches = [path for path in (ROOT / "benches").rglob("*.rs") if "peers" not in path.parts]
    if any(differs(path.read_text(encoding="utf-8")) for path in benches):
        options.append("--benches")
    print(" ".join(options))


def libraries():
    for name, package in sorted(members().items()):
        if is_published(package) and any("lib" in target["kind"] for target in package["targets"]):
            print(name)


def tag(name):
    """A tag names a package, its version, and nothing that is not written in the manifest and the changelog."""
    package_name, _, wanted = name.rpartition("-v")
    packages = {package["version"]: package for package, _ in published() if package["name"] == package_name}
    if not packages:
        sys.exit(f"failed: no package is published as {package_name}")
    package = packages.get(wanted)
    if package is None:
        sys.exit(f"failed: {package_name} is {' or '.join(packages)}, and the tag says {wanted}")
    manifest = Path(package["manifest_path"]).relative_to(ROOT)
    changelog = ROOT / manifest.parent / "CHANGELOG.md"
    if f"\n## {wanted}" not in changelog.read_text(encoding="utf-8").replace("[", "").replace("]", ""):
        sys.exit(f"failed: {changelog.relative_to(ROOT)} has no section for {wanted}")
    is_library = any("lib" in target["kind"] for target in package["targets"])
    print(f"package={package_name}\nmanifest={manifest.as_posix()}\nlibrary={'yes' if is_library else 'no'}")


def version(text):
    return tuple(int(part) for part in text.split(".")) + (0,) * (2 - text.count("."))


def msrv():
    # The crates of other platforms are on this machine only if they were fetched.
    host = re.search("^host: (.*)$", run("rustc", "-vV"), re.MULTILINE)[1]
    platform = ["--filter-platform", host] if os.environ.get("INSTALL") == "no" else []
    problems, counted = [], []
    for package, meta in published(lambda *options: metadata(*platform, *options)):
        packages = {package["id"]: package for package in meta["packages"]}
        nodes = {node["id"]: node for node in meta["resolve"]["nodes"]}
        name = package["name"]
        promised = MSRV.get(name)
        if promised is None:
            problems.append(f"{name} is published and promises no version of Rust in .ci/checks.py")
        elif package["rust_version"] != promised:
            problems.append(f"{name}: Cargo.toml says {package['rust_version']}, .ci/checks.py says {promised}")
        if promised is None or package["rust_version"] is None:
            continue
        seen, queue = set(), [package["id"]]
        while queue:
            id = queue.pop()
            if id in seen:
                continue
            seen.add(id)
            # Only what users compile: not what tests need.
            queue += [dep["pkg"] for dep in nodes[id]["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]
        for id in seen:
            asks = packages[id]["rust_version"]
            if asks and version(asks) > version(promised):
                problems.append(f"{name} promises {promised}, but {packages[id]['name']} {packages[id]['version']} asks for {asks}")
        counted.append(f"{name} {package['version']}, Rust {promised}: {len(seen) - 1} dependencies")
    end(problems, "\n".join(counted))


def package():
    tracked = set(run("git", "ls-files", "-z").split("\0"))
    problems, counted = [], []
    for member, _ in published():
        name = member["name"]
        manifest = Path(member["manifest_path"]).relative_to(ROOT)
        folder = manifest.parent
        listed = set(run("cargo", "package", "--list", "--allow-dirty", "--locked", "--manifest-path", str(manifest)).splitlines())
        listed = {entry.replace("\\", "/") for entry in listed}
        needs = PACKAGE_NEEDS | (PACKAGE_NEEDS_ROOT if name == "cookie-session" else set())
        is_command = any("bin" in target["kind"] for target in member["targets"])
        needs = needs | {"src/main.rs" if is_command else "src/lib.rs"}
        for entry in sorted(needs - listed):
            problems.append(f"{name}: {entry} is missing")
        for entry in sorted(listed - needs - PACKAGE_MADE_BY_CARGO):
            if not PACKAGE_MAY_HOLD.fullmatch(entry):
                problems.append(f"{name}: {entry} should not be in it")
        for entry in sorted(listed - PACKAGE_MADE_BY_CARGO):
            if (folder / entry).as_posix() not in tracked:
                problems.append(f"{name}: {entry} is not committed")
        counted.append(f"{name} {member['version']}: {len(listed)} files")
    end(problems, "\n".join(counted))


COMMANDS = {
    "readme-tests": readme_tests, "features": features, "targets": targets, "libraries": libraries, "tag": tag, "msrv": msrv,
    "package": package, "hygiene": hygiene,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
