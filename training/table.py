"""Write a trained table in model2vec format: int8 rows with one float32 weight each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

MODEL_NAME = "nightdex-static"


def save_table(folder: Path, table: NDArray[np.float32], tokenizer: Tokenizer, *, seed: int) -> None:
    """Write model.safetensors, tokenizer.json, config.json and modules.json.

    Each row is scaled to the full int8 range and its scale kept in `weights`: with one scale for the whole
    table the rows of common tokens, which training makes short, would keep two bits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scale = np.abs(table).max(axis=1).clip(min=1e-12) / 127
    rows = np.rint(table / scale[:, None]).astype(np.int8)
    save_file({"embeddings": rows, "weights": scale.astype(np.float32)}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "model_name": f"{MODEL_NAME}-{table.shape[1]}",
        "normalize": True,
        "max_length": None,
        "embedding_dtype": "int8",
        "seed": seed,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
