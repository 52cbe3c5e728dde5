"""Master data and integration set-up of the demonstration, made through the ORM."""
