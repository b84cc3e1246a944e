"""Ground: the index format both programs share. Only it touches lancedb, pyarrow and tantivy."""

import os

from index_store.lancedb_import import defer_embedding_functions, defer_rest_client, skip_override_checks

# Read once, when lancedb is first imported: without it Lance reports its housekeeping as warnings on stderr.
os.environ.setdefault("LANCE_LOG", "error")

defer_rest_client()
defer_embedding_functions()
skip_override_checks()
