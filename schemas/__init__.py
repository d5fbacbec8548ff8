"""What the data is: form variants, crosswalk, rules, fields and tables. Definitions only, read once."""
