"""What web pages are read by: what a page says of itself, what it hides, and where its content stands."""
