"""A local Discord on 127.0.0.1: REST, gateway and CDN, spoken so well that discord.py notices nothing.

`discord_town()` in `town.py` opens one; `people.py` is who talks in it; `faults.py` is what can go wrong.
"""
