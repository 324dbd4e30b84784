"""The ground floor: errors, events, identifiers and time. No third-party import but pydantic."""
