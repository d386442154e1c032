"""What fills a page, one file a kind of block."""
