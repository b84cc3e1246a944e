"""Tells agents and editors about nightdex, in their own configuration, and takes it back."""
