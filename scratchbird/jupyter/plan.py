"""A plan of EXPLAIN as a tree, of the text or the JSON that the server writes it in. Sends nothing."""

from __future__ import annotations

import html
import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

STEP = re.compile(r"^(?P<indent>\s*)(?P<arrow>->\s+)?(?P<text>\S.*)$")
MEASURES = re.compile(r"\s+\((?:cost|actual|rows|never)[^()]*\)")
LEFT_OUT = {
    "Node Type", "Plans", "Relation Name", "Alias", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width",
    "Index Name", "Parent Relationship", "Parallel Aware", "Async Capable", "Disabled",
}  # fmt: skip


class Node(NamedTuple):
    """A step of a plan.

    Attributes:
        text: what it does.
        measures: what it costs, and what it took.
        details: conditions and the like.
        children: the steps that it takes its rows from.
    """

    text: str
    measures: str
    details: List[str]
    children: List[Node]


class Plan:
    """A plan: a tree in a notebook and in a terminal."""

    def __init__(self, roots: List[Node], notes: Sequence[str] = ()) -> None:
        self.roots, self.notes = roots, list(notes)

    def __repr__(self) -> str:
        lines: List[str] = []
        for root in self.roots:
            lines += drawn(root, "", "")
        return "\n".join(lines + self.notes)

    def _repr_html_(self) -> str:
        notes = "".join(f"<br><small>{html.escape(note)}</small>" for note in self.notes)
        return f'<div class="scratchbird-plan">{"".join(map(nested, self.roots))}{notes}</div>'


def drawn(node: Node, first: str, rest: str) -> List[str]:
    """The lines of a tree."""
    lines = [first + node.text + (f"  {node.measures}" if node.measures else "")]
    bar = "│  " if node.children else "   "
    lines += [f"{rest}{bar}{detail}" for detail in node.details]
    for at, child in enumerate(node.children, 1):
        last = at == len(node.children)
        lines += drawn(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))
    return lines


def nested(node: Node) -> str:
    """A tree that can be folded."""
    measures = f" <small>{html.escape(node.measures)}</small>" if node.measures else ""
    details = "".join(f"<div><small><code>{html.escape(detail)}</code></small></div>" for detail in node.details)
    children = "".join(map(nested, node.children))
    return (
        f'<details open style="margin-left: 1.5em"><summary><b>{html.escape(node.text)}</b>{measures}</summary>'
        f'<div style="margin-left: 1.5em">{details}</div>{children}</details>'
    )


def read(description: Sequence[Any], rows: Sequence[Any]) -> Optional[Plan]:
    """The plan in a result; None where it is not written in one column as a tree."""
    if len(description) != 1 or not rows:
        return None
    values = [row[0] for row in rows]
    if len(values) == 1 and (isinstance(values[0], (list, dict)) or str(values[0]).lstrip().startswith(("[", "{"))):
        return of_json(values[0])
    if all(isinstance(value, str) for value in values):
        return of_text([line for value in values for line in value.splitlines()])
    return None


def of_text(lines: Sequence[str]) -> Optional[Plan]:
    """A plan in indented lines, whose steps but the first begin with an arrow."""
    roots: List[Node] = []
    notes: List[str] = []
    path: List[Any] = []
    for line in lines:
        match = STEP.match(line)
        if match is None:
            continue
        depth = len(match["indent"])
        if match["arrow"] or (not depth and not roots):
            while path and path[-1][0] >= depth:
                path.pop()
            measures = "".join(MEASURES.findall(match["text"])).strip()
            node = Node(MEASURES.sub("", match["text"]).strip(), measures, [], [])
            (path[-1][1].children if path else roots).append(node)
            path.append((depth, node))
        elif depth and path:
            path[-1][1].details.append(match["text"])
        else:
            notes.append(match["text"])
    return Plan(roots, notes) if roots else None


def of_json(value: Any) -> Optional[Plan]:
    """A plan in JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    tops = value if isinstance(value, list) else [value]
    if not all(isinstance(top, dict) and isinstance(top.get("Plan"), dict) for top in tops):
        return None
    times = [f"{name}: {top[name]} ms" for top in tops for name in ("Planning Time", "Execution Time") if name in top]
    return Plan([of_step(top["Plan"]) for top in tops], times)


def of_step(step: Dict[str, Any]) -> Node:
    """A step of JSON."""
    text = str(step.get("Node Type", "?"))
    if "Index Name" in step:
        text += f" using {step['Index Name']}"
    if "Relation Name" in step:
        text += f" on {step['Relation Name']}"
        if step.get("Alias") not in (None, step["Relation Name"]):
            text += f" {step['Alias']}"
    measures = []
    if "Total Cost" in step:
        cost = f"cost={step.get('Startup Cost', 0)}..{step['Total Cost']}"
        measures.append(f"({cost} rows={step.get('Plan Rows')} width={step.get('Plan Width')})")
    if "Actual Total Time" in step:
        measures.append(f"(actual time={step['Actual Total Time']} rows={step.get('Actual Rows')})")
    details = [
        f"{name}: {value}"
        for name, value in step.items()
        if name not in LEFT_OUT and not name.startswith("Actual ") and value not in (0, False, None)
        and not isinstance(value, (dict,)) and not (isinstance(value, list) and any(isinstance(i, dict) for i in value))
    ]  # fmt: skip
    return Node(text, " ".join(measures), details, [of_step(child) for child in step.get("Plans", [])])
