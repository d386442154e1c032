"""The `delta` layer: the files of the `parquet` layer, and a Delta log for each table."""
