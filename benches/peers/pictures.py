"""Draws the pictures of the page on performance: bars and lines, as SVG that looks the same on a light and a dark page."""

from dataclasses import dataclass, field
from html import escape

OURS, OTHERS, UNAVOIDABLE = "#b4541a", "#8b97a6", "#3d5a80"
INK, FAINT, PAPER, LINE = "#1f2430", "#667080", "#ffffff", "#d9dee5"

WIDTH = 760
MARGIN = 24
LABELS = 290
BAR, GAP = 20, 10
HEAD = 62


def text(x, y, content, *, size=14, color=INK, anchor="start", weight="normal"):
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{color}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(content)}</text>'
    )


def picture(title, height, parts):
    """One element a line and no empty one, so that it can stand in Markdown."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" '
            'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height:g}" rx="10" fill="{PAPER}"/>',
            text(MARGIN, 34, title, size=17, weight="bold"),
            *parts,
            "</svg>",
            "",
        ]
    )


@dataclass
class Bar:
    label: str
    value: float
    is_ours: bool = False


@dataclass
class Group:
    """Bars under a heading of their own; all groups of a picture have one scale."""

    heading: str
    bars: list[Bar] = field(default_factory=list)


def bars(title, groups, unit="µs"):
    most = max(bar.value for group in groups for bar in group.bars)
    room = WIDTH - LABELS - MARGIN - 70
    parts, y = [], HEAD
    for group in groups:
        if group.heading:
            parts.append(text(MARGIN, y + 14, group.heading, color=FAINT, weight="bold"))
            y += BAR + GAP
        for bar in group.bars:
            color = OURS if bar.is_ours else OTHERS
            length = max(room * bar.value / most, 2)
            weight = "bold" if bar.is_ours else "normal"
            parts.append(text(LABELS - 10, y + 15, bar.label, anchor="end", weight=weight))
            parts.append(f'<rect x="{LABELS}" y="{y:g}" width="{length:.1f}" height="{BAR}" rx="3" fill="{color}"/>')
            parts.append(text(LABELS + length + 8, y + 15, f"{round(bar.value, 1) + 0.0:.1f} {unit}", color=FAINT, weight=weight))
            y += BAR + GAP
        y += GAP
    return picture(title, y + MARGIN / 2, parts)


@dataclass
class Curve:
    label: str
    points: list[tuple[float, float]]
    color: str
    is_dashed: bool = False


def curves(title, curves, *, across, unit="µs"):
    """Lines over an even scale that begins at zero on both sides."""
    left, right, top, bottom = MARGIN + 34, WIDTH - 210, HEAD + 8, HEAD + 268
    widest = max(x for curve in curves for x, _ in curve.points)
    step = 5
    highest = step * (max(y for curve in curves for _, y in curve.points) // step + 1)

    def place(x, y):
        return left + (right - left) * x / widest, bottom - (bottom - top) * y / highest

    parts = [text(MARGIN, HEAD - 6, unit, size=12, color=FAINT)]
    for y in range(0, int(highest) + 1, step):
        _, at = place(0, y)
        parts.append(f'<line x1="{left}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}" stroke="{LINE}"/>')
        parts.append(text(left - 8, at + 4, str(y), size=12, color=FAINT, anchor="end"))
    for x, _ in curves[0].points:
        at, _ = place(x, 0)
        # The first sizes stand close together.
        if x == curves[0].points[0][0]:
            continue
        parts.append(text(at, bottom + 20, f"{x:g}", size=12, color=FAINT, anchor="middle"))
    parts.append(text((left + right) / 2, bottom + 42, across, size=12, color=FAINT, anchor="middle"))
    for curve in curves:
        placed = [place(x, y) for x, y in curve.points]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        dashes = ' stroke-dasharray="6 4"' if curve.is_dashed else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{curve.color}" stroke-width="2.5"{dashes}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{curve.color}"/>' for x, y in placed]
        x, y = placed[-1]
        parts.append(text(x + 12, y + 5, curve.label, color=curve.color, weight="bold"))
    return picture(title, bottom + 60, parts)
