"""Above the boundary: statements over released values and public tables, free of charge.

reading    what a piece of SQL reads, and the boundaries of the statement
query      one SELECT, or several combined, as a query whose rows are public
measured   a SELECT that mixes units: it ends in a boundary
free       a SELECT over released or public rows
windows    window functions over released rows
returned   a query as a table of another FROM, or as one value
lookups    a query as one value for each row, found by its keys
"""
