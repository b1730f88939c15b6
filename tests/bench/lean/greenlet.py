"""Hides a library that only the tools of development bring along, and that structlog loads where it is."""

raise ImportError("not where people install the program")
