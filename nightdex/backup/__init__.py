"""`nightdex backup` and `nightdex restore`: what took nights to make, whole, on another disk."""
