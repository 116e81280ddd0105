"""What is in the database: `connection.metadata`."""
