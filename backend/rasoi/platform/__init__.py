"""What every room stands on: database, events, errors, identity. Knows no room."""
