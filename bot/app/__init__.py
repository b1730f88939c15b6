"""Settings to a running program. Only here concrete classes are named, adapters in `platforms` and `once`."""
