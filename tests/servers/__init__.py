"""Servers that tests start on 127.0.0.1: they speak a real wire format and fail in the real ways."""
