"""Charts of cost by number of articles: a plain SVG with logarithmic axes, legible on light and dark backgrounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 290, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 30, 52, 42
NAME_WIDTH = 66
"""Pixels for the name of a tool in the legend above the chart."""

GREY = "#777"
COLOURS = {"feeds": "#2b7de0", "Hugo": "#d9602b"}

Point = tuple[float, float]


class Panel(NamedTuple):
    """One chart of the picture.

    Attributes:
        title: the title, with the unit of the cost.
        lines: name of a tool → its points: number of articles and cost, both above 0.
    """

    title: str
    lines: Mapping[str, Sequence[Point]]


class Axis(NamedTuple):
    """A logarithmic axis from 10**`first` at pixel `start` to 10**`last` at pixel `end`."""

    first: int
    last: int
    start: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> Axis:
        """Return the axis of whole decades that covers all values."""
        # log10 of a power of ten can be off by a rounding error; without 1e-9 that would add an empty decade.
        first = math.floor(math.log10(min(values)) + 1e-9)
        return cls(first, max(first + 1, math.ceil(math.log10(max(values)) - 1e-9)), start, end)

    def pixel(self, value: float) -> float:
        """Return the position of a value."""
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)

    def decades(self) -> list[float]:
        """Return the powers of ten on the axis."""
        return [10.0**power for power in range(self.first, self.last + 1)]


def svg(rows: Sequence[Sequence[Panel]]) -> str:
    """Return a picture with rows of charts. The charts of a row have the same axes; one without points is left out."""
    visible = [[panel for panel in row if any(panel.lines.values())] for row in rows]
    visible = [row for row in visible if row]
    width, height = WIDTH * max(map(len, visible), default=1), HEIGHT * max(1, len(visible))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="11" role="img">',
        f"<title>{escape('; '.join(panel.title for row in visible for panel in row))}</title>",
    ]
    for number, row in enumerate(visible):
        points = [point for panel in row for line in panel.lines.values() for point in line]
        x_axis = Axis.around([articles for articles, _ in points], LEFT, WIDTH - RIGHT)
        y_axis = Axis.around([cost for _, cost in points], HEIGHT - BOTTOM, TOP)
        for column, panel in enumerate(row):
            place = f"{column * WIDTH} {number * HEIGHT}"
            lines += [f'<g transform="translate({place})">', *_panel(panel, x_axis, y_axis), "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _panel(panel: Panel, x_axis: Axis, y_axis: Axis) -> list[str]:
    lines = [_text(LEFT, 18, panel.title, "start", "bold")]
    for articles in x_axis.decades():
        x = x_axis.pixel(articles)
        lines += [_grid_line(x, y_axis.start, x, y_axis.end), _text(x, y_axis.start + 16, f"{articles:,.0f}", "middle")]
    for cost in y_axis.decades():
        y = y_axis.pixel(cost)
        lines += [_grid_line(x_axis.start, y, x_axis.end, y), _text(LEFT - 6, y + 4, f"{cost:,.10g}", "end")]
    lines.append(_text((x_axis.start + x_axis.end) / 2, HEIGHT - 8, "articles", "middle"))
    tools = [tool for tool, line in panel.lines.items() if line]
    for column, tool in enumerate(tools):
        colour = COLOURS.get(tool, GREY)
        lines.append(_text(LEFT + column * NAME_WIDTH, 36, tool, "start", "bold", colour))
        pixels = [(x_axis.pixel(articles), y_axis.pixel(cost)) for articles, cost in sorted(panel.lines[tool])]
        lines += _line(pixels, colour)
    return lines


def _line(pixels: Sequence[Point], colour: str) -> list[str]:
    points = " ".join(f"{x},{y}" for x, y in pixels)
    line = f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
    return [line, *(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in pixels)]


def _grid_line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{GREY}" stroke-opacity="0.3"/>'


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal", colour: str = GREY) -> str:
    attributes = f'x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text {attributes} fill="{colour}">{escape(text)}</text>'
