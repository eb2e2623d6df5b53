"""Makes the table, or does nothing if it is there. Runs once at each release."""

import os

from pg import Connection

database = Connection(os.environ["DATABASE_URL"])
database.query(
    "CREATE TABLE IF NOT EXISTS visit ("
    " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " visitor text NOT NULL,"
    " at timestamptz NOT NULL DEFAULT now())"
)
database.close()
print("the table is ready", flush=True)
