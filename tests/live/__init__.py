"""The driver against any server, by its DSN: `SCRATCHBIRD_TEST_DSN=… make test-live`."""
