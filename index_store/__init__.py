"""Ground: the index format both programs share. The only package that touches lancedb and pyarrow."""

import os

# Read once, when lancedb is first imported: without it Lance reports its housekeeping as warnings on stderr.
os.environ.setdefault("LANCE_LOG", "error")
