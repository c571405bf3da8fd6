"""Storages that outlive the process: SQLite and PostgreSQL, through SQLAlchemy Core.

The map::

    opening      URL -> SqlStorage, or a reason why not
    storage      SqlStorage: the contract of gateway.storage.base, over a writer's and a reader's thread
    commits      group commit: the works that wait are run in one transaction, each all or nothing
    books        all books of one transaction: what is read, what will be written, how to undo it
    messages, waiting, wallet            the single books
    statements   every query, compiled once for a dialect      searches   those for messages that somebody looks for
    compiling    SQLAlchemy Core -> a driver's text            counters   ids, reserved in blocks
    tables       the schema                                    rows, sealing   values <-> rows
    database     what a connection does      sqlite, postgresql   the two that exist
    claims       which of several gateways on a PostgreSQL delivers what
    schema       whether what is there is ours and of this version      files   pepper and lock beside a SQLite file

Nothing of this package is imported while everything is kept in memory.
"""
