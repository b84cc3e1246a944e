"""Ground: the index format both programs share. The only package that touches lancedb and pyarrow."""
