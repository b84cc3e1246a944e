"""The local tier: embeddings and descriptions from one or several Ollama hosts."""

from __future__ import annotations

from model_chain.backends.ollama.embedder import OllamaEmbedder
from model_chain.backends.ollama.hosts import QUERY_PATIENCE, Patience, find_model
from model_chain.backends.ollama.summariser import OllamaSummariser

__all__ = ["QUERY_PATIENCE", "OllamaEmbedder", "OllamaSummariser", "Patience", "find_model"]
