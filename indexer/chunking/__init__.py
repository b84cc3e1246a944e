"""Text into chunks: tree-sitter, Markdown, line windows, in crash-proof workers."""
