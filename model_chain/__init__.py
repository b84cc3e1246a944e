"""Ground: every model call. Protocols, backends, and the fakes that stand in for them in tests."""
