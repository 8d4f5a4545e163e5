"""Out of the cloud: workflows, runs and secrets taken from the PostgreSQL database of a Sim.

A program of its own (`simtui-extract`, the extra `cloud`), which nothing else here imports.
`address` and `reading` reach the database, `schema` and `tables` know what this one's version has,
`rebuilding`, `versions` and `runs` turn rows into documents and events, `extracting` does the
whole, and `command` speaks with whoever called it.
"""
