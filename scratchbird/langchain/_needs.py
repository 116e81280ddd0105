"""Says which extra is missing, before anything of LangChain is imported."""

from __future__ import annotations

from scratchbird._columns import needed

needed("langchain_core", "scratchbird.langchain", "langchain")
