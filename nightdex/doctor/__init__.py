"""`nightdex doctor`: everything that can be wrong on this machine, each with what to do about it."""
