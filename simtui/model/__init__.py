"""What simtui knows about workflows, runs, settings and filters: frozen data and pure rules.

Nothing in this room reads a file, opens a database or awaits.
"""
