"""What text copies are read by: how programs write the rows of a table as lines."""
