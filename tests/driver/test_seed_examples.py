"""The statements that the first users brought, as they stand."""

from __future__ import annotations

from typing import Any

import numpy as np


def test_named_parameter(cur: Any) -> None:
    cur.execute("create table widgets (id int primary key, name varchar(20))")
    cur.execute("insert into widgets (id, name) values (42, 'gear')")
    cur.execute("select * from widgets where id = :id", {"id": 42})
    assert cur.fetchall() == [(42, "gear")]


def test_numpy_embedding(cur: Any) -> None:
    cur.execute("create table documents (id int primary key, content text, embedding vector(768))")
    embedding = np.random.rand(768)
    cur.execute("INSERT INTO documents (id, content, embedding) VALUES (%s, %s, %s)", (1, "Sample text", embedding))
    id_, content, vector = cur.execute("select id, content, embedding from documents").fetchone()
    assert (id_, content) == (1, "Sample text")
    # The server keeps 32-bit floats.
    assert np.allclose(vector, embedding, atol=1e-6)
    assert len(vector) == 768
