"""Program 2, the reader: retrieves, ranks and serves what the last night published."""
