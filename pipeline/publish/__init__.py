"""From checked frames to what people open: Parquet, one DuckDB file, and the words that go with them."""
