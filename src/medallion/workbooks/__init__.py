"""Sheets of Excel and OpenDocument workbooks, read row by row in bounded memory."""
