"""Tests on real Asterisks with real SIP phones (tests/asterisk): whatever a user has, but the users."""
