"""The rules of the form: cells put in order, broken identities, what would mend them, corrections."""
