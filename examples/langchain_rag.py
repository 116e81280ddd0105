"""Retrieval with LangChain: questions about Python, answered with passages of Python's own reference.

The texts are those that come with every Python in the module `pydoc_data.topics` (what `help("with")` shows), © Python
Software Foundation, under its licence. The embeddings are made by a real model, offline: see minilm.py.

python examples/langchain_rag.py scratchbird://user:password@localhost:3092/demo
"""

from __future__ import annotations

import sys
from pydoc_data.topics import topics

from langchain_core.documents import Document
from langchain_core.indexing import index
from minilm import MiniLM
from show import step

import scratchbird
from scratchbird.langchain import ScratchBirdRecordManager, ScratchBirdVectorStore

TOPICS = ["assert", "break", "context-managers", "global", "integers", "lambda", "nonlocal", "pass", "raise", "truth"]
TOPICS += ["while", "with"]

QUESTIONS = {
    "Which values count as false in a condition?": {"truth"},
    "How do I leave a loop early?": {"break"},
    "How do I run clean-up code whatever happens?": {"with", "context-managers"},
    "How can an inner function change a variable of the outer function?": {"nonlocal"},
    "How do I write an anonymous function?": {"lambda"},
    "How do I signal that something went wrong?": {"raise"},
    "How do I check something while debugging, but not in production?": {"assert"},
}
"""Questions, none of them in the words of the reference, each with the topics that have the answer."""


def passages(topic: str, size: int = 700) -> list[Document]:
    """The paragraphs of a topic, short ones put together."""
    parts: list[str] = []
    for paragraph in topics[topic].split("\n\n"):
        if parts and len(parts[-1]) + len(paragraph) < size:
            parts[-1] += "\n\n" + paragraph
        else:
            parts.append(paragraph)
    return [Document(part, metadata={"topic": topic, "number": number}) for number, part in enumerate(parts)]


def first_line(document: Document) -> str:
    """The beginning of a passage that is no heading."""
    lines = [line.strip() for line in document.page_content.splitlines()]
    return next(line for line in lines if len(line.split()) > 3)


def name(document: Document) -> str:
    """Where a passage is from."""
    return f"{document.metadata['topic']}-{document.metadata['number']}"


def ask(store: ScratchBirdVectorStore) -> None:
    """Show for each question the passages that are nearest, and whether they are of a topic that has the answer."""
    first = among = 0
    for question, wanted in QUESTIONS.items():
        print(f"\n{question}")
        found = store.similarity_search_with_score(question, k=3)
        for passage, distance in found:
            print(f"    {name(passage):18} {distance:.2f}  {first_line(passage)}")
        topics_found = [passage.metadata["topic"] for passage, _ in found]
        first += topics_found[0] in wanted
        among += not wanted.isdisjoint(topics_found)
    print(f"\nthe right topic: {first} of {len(QUESTIONS)} times first, {among} times among three")


def main(dsn: str) -> None:
    """Index the passages, ask, and leave nothing behind."""
    with step("load the model"):
        model = MiniLM()
    with scratchbird.ConnectionPool(dsn, min_size=1) as pool:
        store = ScratchBirdVectorStore(pool, model, table="example_passages", metadata_columns={"topic": "VARCHAR(40)"})
        records = ScratchBirdRecordManager(pool, "python", table="example_records")
        try:
            documents = [passage for topic in TOPICS for passage in passages(topic)]
            for _ in range(2):
                # The second time nothing has changed, and nothing is embedded.
                with step(f"index {len(documents)} passages"):
                    done = index(documents, records, store, cleanup="full", source_id_key="topic", key_encoder="sha256")
                print(f"    {done['num_added']} added, {done['num_skipped']} skipped")
            print("   ", store.create_index(method="hnsw"), [one.method for one in store.indexes()])
            ask(store)

            question = "How do I run clean-up code whatever happens?"
            print("\nOnly of the topic 'with':")
            print("   ", first_line(store.similarity_search(question, k=1, filter={"topic": "with"})[0]))
            print("Three that differ:")
            for one in store.max_marginal_relevance_search(question, k=3, lambda_mult=0.3):
                print(f"    {name(one)}")
            print("By vectors and words:")
            for one in store.hybrid_search("__debug__", k=2):
                print(f"    {name(one)}")
        finally:
            store.drop_table()
            records.drop_table()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "scratchbird://alice:secret@localhost:3092/demo")
