"""Keeps mechanical shell work away from the thinking tier."""
