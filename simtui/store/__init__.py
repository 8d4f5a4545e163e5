"""The database: connections, transactions, migrations, payloads, and one repository a table family.

A repository is a module of plain functions over a connection; `Store` runs them, one transaction
each, on the connection's own thread. Nothing here knows a file format or a face.
"""
