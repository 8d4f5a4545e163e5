"""The command's face: one file a noun. It parses words, asks the library, and prints the answer.

Nothing here loads the screen; stdout is data, stderr is talk.
"""
