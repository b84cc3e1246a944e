"""Which tier does a task, which mode answers a query: rules first, then the nearest labelled examples."""
