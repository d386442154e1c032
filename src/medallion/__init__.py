"""medallion: files → bronze → silver → gold → one published release, from one declaration."""
