"""How cost grows with the corpus, as a picture: a plain SVG with logarithmic axes, legible on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 360, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 30, 52, 42
NAME = 66
"""How much room a tool's name has above the chart."""

GREY = "#777"
COLOURS = {"feeds": "#2b7de0", "Hugo": "#d9602b", "Pelican": "#3a9a5b", "Eleventy": "#a35bc4"}

Point = tuple[float, float]


class Panel(NamedTuple):
    """One of the charts beside each other.

    Attributes:
        title: what it shows, with the unit.
        lines: name of each tool → its points: number of articles and cost, both above 0.
    """

    title: str
    lines: Mapping[str, Sequence[Point]]


class Axis(NamedTuple):
    """A logarithmic axis: decades `first` to `last` (as powers of ten) from pixel `start` to pixel `end`."""

    first: int
    last: int
    start: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> Axis:
        """Return the axis whose decades hold all values."""
        first = math.floor(math.log10(min(values)) + 1e-9)
        return cls(first, max(first + 1, math.ceil(math.log10(max(values)) - 1e-9)), start, end)

    def place(self, value: float) -> float:
        """Return the pixel at which a value stands."""
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)

    def decades(self) -> list[float]:
        """Return the powers of ten on it."""
        return [10.0**power for power in range(self.first, self.last + 1)]


def svg(panels: Sequence[Panel]) -> str:
    """Return a picture with these charts beside each other; one without any point is left out."""
    shown = [panel for panel in panels if any(panel.lines.values())]
    width = WIDTH * max(1, len(shown))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
        ' font-family="sans-serif" font-size="11" role="img">',
        f"<title>{escape('; '.join(panel.title for panel in shown))}</title>",
    ]
    for place, panel in enumerate(shown):
        lines += [f'<g transform="translate({place * WIDTH} 0)">', *_drawn(panel), "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _drawn(panel: Panel) -> list[str]:
    everything = [point for line in panel.lines.values() for point in line]
    across = Axis.around([articles for articles, _ in everything], LEFT, WIDTH - RIGHT)
    up = Axis.around([cost for _, cost in everything], HEIGHT - BOTTOM, TOP)
    lines = [_text(LEFT, 18, panel.title, "start", "bold")]
    for articles in across.decades():
        x = across.place(articles)
        lines += [_rule(x, up.start, x, up.end), _text(x, up.start + 16, f"{articles:,.0f}", "middle")]
    for cost in up.decades():
        y = up.place(cost)
        lines += [_rule(across.start, y, across.end, y), _text(LEFT - 6, y + 4, f"{cost:,.10g}", "end")]
    lines.append(_text((across.start + across.end) / 2, HEIGHT - 8, "articles", "middle"))
    drawn = [tool for tool, line in panel.lines.items() if line]
    for number, tool in enumerate(drawn):
        colour = COLOURS.get(tool, GREY)
        lines.append(_text(LEFT + number * NAME, 36, tool, "start", "bold", colour))
        lines += _line(
            [(across.place(articles), up.place(cost)) for articles, cost in sorted(panel.lines[tool])], colour
        )
    return lines


def _line(places: Sequence[Point], colour: str) -> list[str]:
    course = " ".join(f"{x},{y}" for x, y in places)
    line = f'<polyline points="{course}" fill="none" stroke="{colour}" stroke-width="2"/>'
    return [line, *(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places)]


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{GREY}" stroke-opacity="0.3"/>'


def _text(x: float, y: float, words: str, anchor: str, weight: str = "normal", colour: str = GREY) -> str:
    place = f'x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text {place} fill="{colour}">{escape(words)}</text>'
