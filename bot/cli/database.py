"""The commands for the store: `gatepost db upgrade`, `backup` and `restore`."""

import argparse

from bot.cli.output import note, say


def upgrade(_options: argparse.Namespace) -> int:
    """`gatepost db upgrade`."""
    from bot.settings import read_settings
    from bot.store.upgrade import upgrade as upgrade_database

    settings = read_settings()
    done = upgrade_database(settings.data_dir, settings.database)
    if done.before == done.after:
        say(f"The database is up to date, at {done.after}.\n")
        return 0
    say(f"The database was brought from {done.before or 'nothing'} to {done.after}.\n")
    if done.copy:
        say(f"A copy of what it was is in {done.copy}.\n")
    return 0


def backup(options: argparse.Namespace) -> int:
    """`gatepost db backup FILE`."""
    from bot.settings import read_settings
    from bot.store.backup import backup as back_up

    settings = read_settings()
    made = back_up(settings.data_dir, settings.database, options.archive)
    say(f"{made.archive}: database at {made.revision}, {made.files} files.\n")
    if made.lost:
        note(f"{made.lost} files that the database names were not on the disk.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """`gatepost db restore FILE`."""
    from bot.settings import read_settings
    from bot.store.backup import restore as put_back

    settings = read_settings()
    done = put_back(options.archive, settings.data_dir, settings.database)
    say(f"Restored: database at {done.revision}, {done.files} files, made by version {done.version}.\n")
    for path in done.aside:
        say(f"What was there before is now in {path}.\n")
    return 0
