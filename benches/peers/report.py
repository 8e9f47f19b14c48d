"""Writes what the measurements showed: the page for users with its pictures, and the goals of the project. Called by run.sh.

    python3 benches/peers/report.py RESULTS WRITTEN

RESULTS is the folder in which run.sh collects what the measurements print. In WRITTEN each file gets the place that it has
in the repository: page.md, filled in, is docs/performance.md, and goals.md is benches/README.md.
"""

import base64
import json
import re
import sys
from pathlib import Path

from pictures import OURS, UNAVOIDABLE, Bar, Curve, Group, bars, curves

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# The crates whose versions the page names.
CRATES = (
    "actix-session actix-web axum axum-extra cookie itsdangerous jsonwebtoken serde_json tower-sessions "
    "tower-sessions-cookie-store"
).split()

# The most that reading or writing should take above the floor: benches/gate.py has the same goal.
INSTRUCTIONS = 750

# The size for which there are goals where several are measured.
SIZE = 200


class Results:
    """What the measurements printed, by table."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = []
        for name in ["codecs", "axum", "actix", "languages", "load"]:
            self.lines += self.lines_of(f"{name}.jsonl")
        self.allocations = {(line["table"], line["subject"]): line["allocations"] for line in self.lines_of("allocations.jsonl")}

    def lines_of(self, name):
        return [json.loads(line) for line in (self.folder / name).read_text(encoding="utf-8").splitlines()]

    def facts(self, name):
        """What stands in lines of two columns."""
        return dict(line.split("\t") for line in (self.folder / name).read_text(encoding="utf-8").splitlines())

    def table(self, name, size=None):
        found = [line for line in self.lines if line["table"] == name and size in (None, line["size"])]
        return found or sys.exit(f"failed: there is no table {name}")

    def subjects(self, name):
        return list(dict.fromkeys(line["subject"] for line in self.table(name)))

    def sizes(self, name):
        return list(dict.fromkeys(line["size"] for line in self.table(name)))

    def line(self, name, subject, size=None):
        return next(line for line in self.table(name, size) if line["subject"] == subject)


def markdown(head, rows):
    """A table; columns whose name ends with a colon hold numbers."""
    rules = ["--:" if name.endswith(":") else "---" for name in head]
    names = [name.removesuffix(":") for name in head]
    return "\n".join(f"| {' | '.join(row)} |" for row in [names, rules, *rows])


def number(value):
    """Two digits, or three from one on."""
    value = round(value, 2) + 0.0  # no "-0.00"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def micros(ns):
    return f"{ns / 1000:.2f}"


def ratio(line):
    """With the lowest and the highest of the processes where these differ."""
    lowest, highest = (number(value) for value in line["range"])
    spread = f" ({lowest} to {highest})" if lowest != highest else ""
    return number(line["ratio"]) + spread


def goals(results):
    """Every goal beside other libraries, and whether it is met."""
    rows = []
    for line in results.lines:
        goal, name = line["goal"], line["table"]
        if goal is None:
            continue
        # There the ratio is the share of another's time that ours is.
        is_share = name.startswith(("axum", "actix"))
        is_met = line["ratio"] <= goal if is_share else line["ratio"] >= goal
        sign = "≤" if is_share else "≥"
        rows.append([f"{name}, {line['size']} B", line["subject"], number(line["ratio"]), f"{sign} {goal:g}", verdict(line, is_met)])
    return markdown(["what", "beside", "ratio:", "goal:", ""], rows)


def verdict(line, is_met):
    """Says the third digit where two look like the goal itself."""
    is_close = not is_met and number(line["ratio"]) == number(line["goal"])
    return "met" if is_met else f"missed by {abs(line['ratio'] - line['goal']):.3f}" if is_close else "missed"


def times_by_size(results, name):
    """How many times as long as ours, for each size."""
    sizes = results.sizes(name)
    ours, *others = results.subjects(name)
    rows = [[f"{ours}, µs in this run", *(micros(results.line(name, ours, size)["ns"]) for size in sizes)]]
    for subject in others:
        rows.append([subject, *(number(results.line(name, subject, size)["ratio"]) for size in sizes)])
    return markdown(["", *(f"{size} B:" for size in sizes)], rows)


def times(results, reading, writing):
    """How many times as long as ours, reading and writing."""
    rows = []
    for line in results.table(reading):
        written = results.line(writing, line["subject"], line["size"])
        if line["subject"] == results.subjects(reading)[0]:
            cells = [f"{micros(line['ns'])} µs in this run", f"{micros(written['ns'])} µs in this run"]
        else:
            cells = [ratio(line), ratio(written)]
        rows.append([line["subject"], f"{line['size']} B", *cells])
    return markdown(["", "session", "reading:", "writing:"], rows)


def added(results, framework, routes=("reading", "changing"), cookies=""):
    """What a session adds to a route, and which share of that ours adds."""
    tables = [f"{framework}, {route}{cookies}" for route in routes]
    hello, ours, *others = results.subjects(tables[0])
    rows = []
    for subject in [ours, *others]:
        cells = []
        for table in tables:
            cell = results.line(table, subject)
            cells += [micros(cell["ns"]), "" if subject == ours else ratio(cell)]
        rows.append([subject, *cells])
    return markdown(["", *(name for route in routes for name in (f"{route} adds, µs:", "ours ÷ it:"))], rows)


STRUCT = ("reading a struct", "changing a struct", "logging in")


def allocated(results, framework):
    """How often memory is asked for in a request, beyond what the route without a session asks for."""
    routes = ["not asking", "reading", "changing", "reading a struct", "changing a struct"]
    hello, *others = results.subjects(f"{framework}, not asking")

    def above_hello(route, subject):
        table = f"{framework}, {route}"
        return f"{results.allocations[table, subject] - results.allocations[table, hello]:.3g}"

    rows = [[subject, *(above_hello(route, subject) for route in routes)] for subject in others]
    if framework == "axum":
        # It does nothing, whatever the route does.
        layer, of_hello = "a layer that does nothing", results.allocations[f"{framework}, not asking", hello]
        allocations = results.allocations["axum layers, not asking", layer] - of_hello
        rows.append([layer, *([f"{allocations:.3g}"] * len(routes))])
    return markdown(["", *(f"{route}:" for route in routes)], rows)


def core(results):
    facts = results.facts("core.tsv")
    return (
        f"Release build, default features: {facts['all']} s with all that it depends on, {facts['alone']} s alone. "
        f"A program that opens a session, changes it and saves it is {facts['KiB']} KiB larger for it."
    )


def seconds(results):
    times = results.facts("seconds.tsv")
    parts = ", ".join(f"{name.split('.')[0]} {time}" for name, time in times.items())
    return f"{sum(map(int, times.values()))} s in that run once all was built: {parts}"


def not_asking(results, framework):
    name = f"{framework}, not asking"
    hello, *others = results.table(name)
    rows = [[hello["subject"], f"{micros(hello['ns'])} in all", ""]]
    rows += [[line["subject"], micros(line["ns"]), number(line["ratio"])] for line in others]
    if framework == "axum":
        layer = results.line("axum layers, not asking", "a layer that does nothing")
        rows.append([layer["subject"], micros(layer["ns"]), number(layer["ns"] / hello["ns"])])
    return markdown(["", "adds, µs:", "of the route itself:"], rows)


def load(results):
    rows = []
    for framework in ["axum", "actix"]:
        name = f"wrk, {framework}"
        hello, ours, *_ = results.table(name)
        for line in results.table(name):
            above = "" if line is hello else micros(line["ns"] - hello["ns"])
            share = "" if line in (hello, ours) else number(line["ratio"])
            rows.append([f"{framework}: {line['subject']}", micros(line["ns"]), above, share])
    return markdown(["", "µs for a request:", "above hello:", "ours ÷ it:"], rows)


def faster(results):
    """Where others were faster, with nothing left out."""
    found = []
    for line in results.lines:
        name, subject, size = line["table"], line["subject"], line["size"]
        if "not asking" in name:
            ours = results.subjects(name)[1]
            is_faster = subject not in results.subjects(name)[:2] and line["ns"] < results.line(name, ours)["ns"]
        elif name.startswith(("axum", "actix", "wrk")):
            is_faster = subject != results.subjects(name)[1] and line["ratio"] > 1
        else:
            is_faster = line["ratio"] < 1
        if is_faster and not subject.startswith("a layer"):
            found.append(f"- {subject} ({name}, {size} B)")
    return "\n".join(found) or "None in this run."


def floor(results):
    text = (results.folder / "ratios.md").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def instructions():
    baseline = json.loads((ROOT / "benches" / "baseline.json").read_text(encoding="utf-8"))
    rows = []
    for cases in baseline["cases"].values():
        for name, case in cases.items():
            if any(row[0] == name for row in rows):
                continue
            ours = case["program"] + case["system"]
            allocations = f"{case['allocations']:g}", f"{case['floor allocations']:g}"
            above = ours - case["floor"]
            goal = ""
            if re.fullmatch(r"(de|en)code \d+ B", name):
                goal = f"≤ {INSTRUCTIONS}, {'met' if above <= INSTRUCTIONS else 'missed'}"
            rows.append([name, str(ours), str(case["floor"]), f"{above:+}", goal, *allocations])
    return markdown(["", "ours:", "the other:", "difference:", "goal", "allocations:", "the other's:"], rows)


# --- pictures ----------------------------------------------------------------------------------------------------

def plain(subject):
    return subject.replace("`", "")


def picture_of_reading(results):
    name = "codec, reading"
    ours, *_ = results.subjects(name)
    found = [Bar(plain(line["subject"]), line["ns"] / 1000, line["subject"] == ours) for line in results.table(name, SIZE)]
    return bars(f"Reading {SIZE} bytes out of signed text", [Group("", sorted(found, key=lambda bar: bar.value))])


def picture_of_a_route(results):
    groups = []
    for framework, title in [("axum", "axum"), ("actix", "actix-web")]:
        for what, asks in [("reading", "a route that reads one value"), ("not asking", "a route that does not ask for the session")]:
            name = f"{framework}, {what}"
            ours = results.subjects(name)[1]
            # The first subject is the route without a session.
            lines = [line for line in results.table(name)[1:] if not line["subject"].startswith("a layer")]
            found = [Bar(short(line["subject"]), line["ns"] / 1000, line["subject"] == ours) for line in lines]
            groups.append(Group(f"{title}: {asks}", sorted(found, key=lambda bar: bar.value)))
    return bars("What a session adds to a route", groups)


def short(subject):
    """Fits beside a bar."""
    return plain(subject).replace(" CookieSessionStore", "").replace(" (its default)", "").replace(" MemoryStore,", ",")


def picture_of_sizes(results):
    sizes = results.sizes("codec, reading")
    rows = {cells[0]: cells for cells in (row.strip("| ").split(" | ") for row in floor(results).splitlines())}

    def points(case, column):
        return [(size, float(rows[f"{case}, {size} B"][column]) / 1000) for size in sizes]

    return curves(
        "What a session costs by its size",
        [
            Curve("verify and parse all", points("open + get", 3), UNAVOIDABLE, is_dashed=True),
            Curve("change a value", points("open + insert + save", 1), OURS),
            Curve("read a value", points("open + get", 1), "#2a7f62"),
        ],
        across="bytes of JSON",
    )


def picture_of_encryption(results):
    groups = []
    for what in ["reading", "writing"]:
        lines = results.table(f"encrypted codec, {what}", SIZE)
        found = [Bar(plain(line["subject"]), line["ns"] / 1000, line is lines[0]) for line in lines]
        groups.append(Group(f"{what} {SIZE} bytes", sorted(found, key=lambda bar: bar.value)))
    for framework, title in [("axum", "axum"), ("actix", "actix-web")]:
        lines = results.table(f"{framework} encrypted, reading")[1:]
        found = [Bar(short(line["subject"]), line["ns"] / 1000, line is lines[0]) for line in lines]
        groups.append(Group(f"{title}: what a route that reads one value takes more", sorted(found, key=lambda bar: bar.value)))
    return bars("Sessions that the browser cannot read", groups)


# What page.md calls them.
PICTURES = {"encrypted": picture_of_encryption, "reading": picture_of_reading, "route": picture_of_a_route, "size": picture_of_sizes}


def inlined(pictures):
    """Where the rendered docs find the pictures: they have no folder for them."""
    lines = [f"[{name}.svg]: data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" for name, svg in pictures.items()]
    return "\n".join(['[//]: # "The pictures of performance.md for the rendered docs. Made by benches/peers/report.py."', "", *lines, ""])


# --- the pages ---------------------------------------------------------------------------------------------------

def versions(results):
    lock = (HERE / "Cargo.lock").read_text(encoding="utf-8")
    newest = {}
    for name, version in re.findall(r'^name = "(.*)"\nversion = "(.*)"$', lock, re.MULTILINE):
        newest[name] = max(version, newest.get(name, ""), key=lambda text: [int(part) for part in re.findall(r"\d+", text)])
    rows = [[name, newest[name]] for name in CRATES]
    for line in (results.folder / "versions.tsv").read_text(encoding="utf-8").splitlines():
        rows.append(line.split("\t"))
    return ", ".join(f"{name} {version}" for name, version in rows)


def fill(template, filled):
    text = (HERE / template).read_text(encoding="utf-8")
    lacks = set(re.findall(r"\{\{(.*?)\}\}", text)) - set(filled)
    if lacks:
        sys.exit(f"failed: {template} names what report.py has not: {lacks}")
    return re.sub(r"\{\{(.*?)\}\}", lambda match: filled[match[1]], text)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results, written = map(Path, sys.argv[1:])
    results = Results(results)
    # When and where it ran, which run.sh notes down.
    facts = results.facts("run.tsv")
    filled = {
        "date": facts["date"],
        "machine": facts["machine"],
        "versions": versions(results),
        "codec reading": times_by_size(results, "codec, reading"),
        "codec writing": times_by_size(results, "codec, writing"),
        "encrypted codec reading": times_by_size(results, "encrypted codec, reading"),
        "encrypted codec writing": times_by_size(results, "encrypted codec, writing"),
        "axum five": added(results, "axum", cookies=", five cookies"),
        "axum struct": added(results, "axum", STRUCT),
        "axum allocations": allocated(results, "axum"),
        "axum encrypted": added(results, "axum encrypted"),
        "actix five": added(results, "actix", cookies=", five cookies"),
        "actix struct": added(results, "actix", STRUCT),
        "actix allocations": allocated(results, "actix"),
        "actix encrypted": added(results, "actix encrypted"),
        "core": core(results),
        "seconds": seconds(results),
        "flask codec reading": times_by_size(results, "codec of the Flask profile, reading"),
        "flask codec writing": times_by_size(results, "codec of the Flask profile, writing"),
        "languages": times(results, "other languages, reading", "other languages, writing"),
        "flask": times(results, "Flask's sessions, reading", "Flask's sessions, writing"),
        "axum": added(results, "axum"),
        "axum not asking": not_asking(results, "axum"),
        "actix": added(results, "actix"),
        "actix not asking": not_asking(results, "actix"),
        "load": load(results),
        "faster": faster(results),
        "goals": goals(results),
        "floor": floor(results),
        "instructions": instructions(),
        "µs to decode": micros(results.line("codec, reading", results.subjects("codec, reading")[0], SIZE)["ns"]),
    }
    for what in ["reading", "changing", "not asking"]:
        subject = results.subjects(f"axum, {what}")[1]
        filled[f"µs of {what}"] = micros(results.line(f"axum, {what}", subject)["ns"])
    pictures = {name: draw(results) for name, draw in PICTURES.items()}
    pages = {"docs/performance.md": fill("page.md", filled), "benches/README.md": fill("goals.md", filled)}
    pages |= {f"docs/{name}.svg": svg for name, svg in pictures.items()} | {"docs/pictures.md": inlined(pictures)}
    for path, text in pages.items():
        (written / path).parent.mkdir(parents=True, exist_ok=True)
        (written / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
