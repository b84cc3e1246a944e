"""Program 1, the writer: git -> files -> chunks -> descriptions -> vectors -> a published generation."""
