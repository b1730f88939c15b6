"""Gatepost's core: what it remembers, how it answers, and what it promises. It knows no platform."""

__version__ = "0.1.0"
