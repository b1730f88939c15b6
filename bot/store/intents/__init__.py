"""What Gatepost does to its memory: each intent one synchronous function over a connection, whole or not at all.

They are run by `Store.write`, many to a commit. None is a get or a set: each is one thing that happens.
"""
