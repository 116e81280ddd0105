"""The tree of schemas, as editors of DDL show it."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional


def build_ddl_editor_schema_payload(
    schema_paths: Iterable[str], *, schema_pattern: Optional[str] = None, expand_schema_parents: bool = False
) -> Dict[str, Any]:
    """The tree of some schemas.

    Args:
        schema_paths: their full paths.
        schema_pattern: the pattern that they were found by, to be told.
        expand_schema_parents: whether `schemaPaths` lists the schemas above them too.

    Returns:
        `schemaPattern`, `expandSchemaParents`, `schemaPaths` (sorted) and `schemaTree`, whose nodes have `name`, `path`
        and `children`.

    Example:
        >>> tree = build_ddl_editor_schema_payload(["users.shop"], expand_schema_parents=True)
        >>> tree["schemaPaths"], tree["schemaTree"][0]["children"][0]["path"]
        (['users', 'users.shop'], 'users.shop')
    """
    named = set(schema_paths)
    nodes: Dict[str, Dict[str, Any]] = {}
    roots: List[Dict[str, Any]] = []
    for path in sorted(named):
        siblings, parts = roots, path.split(".")
        for depth, name in enumerate(parts, 1):
            above = ".".join(parts[:depth])
            if above not in nodes:
                nodes[above] = {"name": name, "path": above, "children": []}
                siblings.append(nodes[above])
            siblings = nodes[above]["children"]
    return {
        "schemaPattern": schema_pattern,
        "expandSchemaParents": expand_schema_parents,
        "schemaPaths": sorted(nodes if expand_schema_parents else named),
        "schemaTree": roots,
    }
