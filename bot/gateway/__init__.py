"""The OpenAI-compatible gateway: requests, streams, errors and the catalogue."""
