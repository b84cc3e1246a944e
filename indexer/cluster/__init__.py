"""Files into rows on the nodes of a Ray cluster; this machine reads repositories and stores rows."""
