"""Summaries of threads and channels: by parts where they are long, kept, and brought up to date by what is new."""
