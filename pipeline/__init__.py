"""Raw report → Document → cells → tidy tables → checked, reconciled panel. Pure functions, no Dagster."""
