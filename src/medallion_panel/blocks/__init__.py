"""The blocks of a page, one file per kind."""
