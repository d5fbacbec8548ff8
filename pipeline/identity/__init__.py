"""Who reported, and for which year: what a text says of it, and the registers it is held against."""
