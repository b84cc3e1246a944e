"""Candidate lists: vector, lexical, exact, and their fusion."""
