"""The tools that agents get over MCP: /mcp, and `nightdex mcp` on standard input and output."""
