"""A document's grids → rows told apart by their labels, their values counted against the header."""
