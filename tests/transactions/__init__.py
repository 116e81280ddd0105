"""Transactions, on both faces: blocks, savepoints, characteristics, two-phase commit, and what goes wrong with them."""
