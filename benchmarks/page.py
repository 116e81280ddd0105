"""Writes the figures of `benchmarks/results.json` into `docs/benchmarks.md`, with a plot for each API.

Run as `python -m benchmarks.page` on the machine that the figures come from.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Dict, List
from xml.sax.saxutils import escape

from benchmarks.contest import machine

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
APIS = {"sync": "Synchronous", "asyncio": "asyncio", "uvloop": "asyncio on uvloop"}
# The plot: ratios from a sixteenth to four, each doubling as wide as the next.
LOWEST, HIGHEST = -4.0, 2.0
LEFT, WIDTH, BAR = 190, 480, 20

Figures = Dict[str, Any]


def _at(ratio: float) -> float:
    """Where on the plot a ratio is."""
    power = min(max(math.log2(ratio), LOWEST), HIGHEST)
    return LEFT + (power - LOWEST) / (HIGHEST - LOWEST) * WIDTH


def plot(figures: List[Figures]) -> str:
    """Bars of ours over the peer's; the shorter the better, a rate turned round."""
    height = BAR * len(figures) + 30
    shapes = []
    for power in range(int(LOWEST), int(HIGHEST) + 1):
        x = _at(2.0**power)
        name = str(2**power) if power >= 0 else f"1/{2**-power}"
        shapes.append(f'<line x1="{x:.0f}" y1="0" x2="{x:.0f}" y2="{height - 20}" stroke="#8886"/>')
        shapes.append(f'<text x="{x:.0f}" y="{height - 6}" text-anchor="middle">{name}</text>')
    for index, figure in enumerate(figures):
        ratio, y = _cost(figure), index * BAR
        colour = "#c0392b" if figure["met"] is False or ratio > 1 else "#2e86ab"
        text = escape(f"{figure['ratio']:.2f} × {figure['peer_name']}")
        shapes.append(f'<text x="{LEFT - 6}" y="{y + 14}" text-anchor="end">{escape(figure["workload"])}</text>')
        shapes.append(
            f'<rect x="{LEFT}" y="{y + 3}" width="{_at(ratio) - LEFT:.0f}" height="{BAR - 6}" fill="{colour}"/>'
        )
        shapes.append(f'<text x="{_at(ratio) + 4:.0f}" y="{y + 14}">{text}</text>')
    style = "text { font: 11px sans-serif; fill: #888 }"
    size = f'width="{LEFT + WIDTH + 150}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>{"".join(shapes)}</svg>\n'


def _cost(figure: Figures) -> float:
    """The ratio of what it costs: of rates, the other way round."""
    ratio = float(figure["ratio"])
    return 1 / ratio if figure["unit"].endswith("/s") else ratio


def table(figures: List[Figures]) -> List[str]:
    """The lines of a Markdown table."""
    lines = ["| Workload | API | scratchbird | peer | ratio | target | |", "|---|---|---:|---:|---:|---:|---|"]
    for figure in figures:
        target = "" if figure["target"] is None else f"{figure['target']:.2f}"
        verdict = {None: "", True: "met", False: "**missed**"}[figure["met"]]
        lines.append(
            f"| {figure['workload']} ({figure['unit']}) | {figure['api']} | {figure['ours']:.4g} | "
            f"{figure['peer']:.4g} {figure['peer_name']} | {figure['ratio']:.2f} | {target} | {verdict} |"
        )
    return lines


def main() -> None:
    figures: List[Figures] = json.loads((HERE / "results.json").read_text())
    lines = [BEGIN, "", f"Measured on {machine()}.", ""]
    for api, title in APIS.items():
        chosen = [figure for figure in figures if figure["api"] == api and not _is_end_to_end(figure)]
        if chosen:
            (DOCS / "benchmarks").mkdir(exist_ok=True)
            (DOCS / "benchmarks" / f"{api}.svg").write_text(plot(chosen))
            lines += [f"### {title}", "", f"![Ours over the peer's, {title}](benchmarks/{api}.svg)", ""]
    canned = [figure for figure in figures if not _is_end_to_end(figure)]
    lines += ["### All figures", "", *table(canned), ""]
    both = [figure for figure in figures if _is_end_to_end(figure)]
    if both:
        lines += ["### End to end", "", *table(both), ""]
    page = DOCS / "benchmarks.md"
    text = page.read_text()
    before, rest = text.split(BEGIN)
    page.write_text(before + "\n".join([*lines, END]) + rest.split(END)[1])


def _is_end_to_end(figure: Figures) -> bool:
    return str(figure["workload"]).startswith("end-to-end")


if __name__ == "__main__":
    main()
