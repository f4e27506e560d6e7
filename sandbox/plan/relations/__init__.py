"""FROM: tables and joins, each with the number of rows that one unit can have in the result."""
