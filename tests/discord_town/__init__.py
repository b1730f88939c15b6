"""A local Discord on 127.0.0.1: REST, gateway and CDN, spoken so well that discord.py notices nothing.

    async with discord_town() as town:
        guild = town.guild()
        square = town.channel(guild, "square")
        ada = town.person("ada", guild)
        ...                                     # a bot starts with town.base_url and town.token
        question = ada.mentions_bot(square, "what is a thread?")
        await town.until(lambda: question.thread and question.thread.by(town.me))
        assert question.thread.visible() == [...]

`discord_town()` in `town.py` opens one; `people.py` is who talks in it; `faults.py` is what can go wrong.
"""
