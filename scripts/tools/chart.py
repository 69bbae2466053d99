"""Charts as SVG text: panels side by side, marks on axes with ticks. The same input gives the same bytes."""

import math
from xml.sax.saxutils import escape

COLOURS = ["#3b76c4", "#d9822b", "#2f9e6e", "#b0509b", "#7a7f87"]
STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.axis { stroke: #57606a; fill: none }
.grid { stroke: #d8dee4 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .axis { stroke: #9198a1 }
  .grid { stroke: #3d444d }
}
</style>"""


def number(value):
    """Few digits, as a person writes them."""
    if value >= 10000:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return f"{float(text):.0f}" if "e" in text else text


class Scale:
    """Values between `low` and `high` on pixels from `start` to `end`, by logarithms unless `linear`."""

    def __init__(self, low, high, start, end, linear=False):
        self.linear = linear
        self.low, self.high, self.start, self.end = low, high, start, end

    def place(self, value):
        f = (lambda v: v) if self.linear else math.log
        part = (f(value) - f(self.low)) / (f(self.high) - f(self.low))
        return round(self.start + part * (self.end - self.start), 1)

    def decades(self):
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        return [10.0**e for e in range(first, last + 1)]


def decade_bounds(values):
    return 10.0 ** math.floor(math.log10(min(values))), 10.0 ** math.ceil(math.log10(max(values)) + 1e-9)


def line(kind, x1, y1, x2, y2):
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def text(x, y, content, anchor="middle", kind=""):
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x}" y="{y}" text-anchor="{anchor}">{escape(content)}</text>'


def legend(names, x, y):
    parts = []
    for index, name in enumerate(names):
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{COLOURS[index]}"/>')
        parts.append(text(x + 10, y, name, "start"))
        x += 30 + 7 * len(name)
    return parts


def document(width, height, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join([head, STYLE] + parts + ["</svg>", ""])


def rows(title, unit, names, table):
    """A row for each (label, values), a dot for each value that is not None, on one logarithmic axis."""
    left, right, top, step = 190, 30, 74, 30
    width, bottom = 760, top + step * len(table)
    known = [v for _, values in table for v in values if v is not None]
    scale = Scale(*decade_bounds(known), left, width - right)
    parts = [text(16, 24, title, "start", "title")] + legend(names, left, 48)
    for tick in scale.decades():
        x = scale.place(tick)
        parts += [line("grid", x, top - 8, x, bottom), text(x, bottom + 18, number(tick))]
    parts.append(text((left + width - right) / 2, bottom + 38, unit))
    for index, (label, values) in enumerate(table):
        y = top + step * index + step / 2
        parts.append(text(left - 12, y + 4, label, "end"))
        places = [scale.place(v) for v in values if v is not None]
        if places:
            parts.append(line("axis", min(places), y, max(places), y))
        for colour, value in zip(COLOURS, values):
            if value is not None:
                parts.append(f'<circle cx="{scale.place(value)}" cy="{y}" r="5" fill="{colour}"/>')
    parts.append(line("axis", left, bottom, width - right, bottom))
    return document(width, bottom + 52, parts)


def panels(title, x_name, xs, charts):
    """A panel for each (title, names, series, logarithmic) over the same powers of two `xs`."""
    width, height, gap, left, top = 250, 210, 62, 58, 96
    parts = [text(16, 24, title, "start", "title")]
    for index, (name, names, series, logarithmic) in enumerate(charts):
        x0, bottom = left + index * (width + gap), top + height
        known = [v for values in series for v in values]
        low, high = decade_bounds(known) if logarithmic else (0, nice_above(max(known)))
        y_scale = Scale(low, high, bottom, top, linear=not logarithmic)
        x_scale = Scale(xs[0], xs[-1], x0 + 8, x0 + width - 8)
        parts.append(text(x0, top - 38, name, "start", "title"))
        if len(names) > 1:
            parts += legend(names, x0 + 5, top - 16)
        ticks = y_scale.decades() if logarithmic else [high * i / 4 for i in range(5)]
        for tick in ticks:
            y = y_scale.place(tick)
            parts += [line("grid", x0, y, x0 + width, y), text(x0 - 6, y + 4, number(tick), "end")]
        for x in xs[:: 2 if len(xs) > 6 else 1]:
            parts.append(text(x_scale.place(x), bottom + 18, str(x)))
        parts.append(text(x0 + width / 2, bottom + 38, x_name))
        for colour, values in zip(COLOURS, series):
            points = [(x_scale.place(x), y_scale.place(v)) for x, v in zip(xs, values)]
            path = " ".join(f"{x},{y}" for x, y in points)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in points]
        parts += [line("axis", x0, bottom, x0 + width, bottom), line("axis", x0, top, x0, bottom)]
    return document(left + len(charts) * (width + gap) - gap + 20, top + height + 52, parts)


def nice_above(value):
    """The smallest of 1, 2, 4, 6, 8 times a power of ten from `value` on."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 4, 6, 8, 10) if m * power >= value)
