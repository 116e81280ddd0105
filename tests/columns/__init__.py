"""Results as columns."""
