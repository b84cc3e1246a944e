"""One module a model runtime."""
