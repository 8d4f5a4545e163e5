"""Bytes to model and back: every shape of JSON and zip that Sim wrote, and those of ours.

This room opens no path (it reads and writes open binary streams) and knows no database. What
comes from outside is bounded before it is read, and refused with a reason or taken whole.
"""
