"""The languages that people read: texts by gettext, numbers and dates by Babel; English is the source and the key.

`said` makes a text in the core, which knows no language; `spoken` puts it into the reader's, where it is shown.
"""
