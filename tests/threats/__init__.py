"""Every defence of docs/THREATS.md is taken away in a copy, and the tests that its row names have to fail."""
