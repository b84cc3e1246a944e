"""What can be indexed: git repositories, plain folders, knowledge cards."""
