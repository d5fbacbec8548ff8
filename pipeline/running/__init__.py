"""How work is carried out: processes and their bounds, what was done before, what runs tell of themselves."""
