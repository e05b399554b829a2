"""Lists, labels, uploads and empty tables for the people in the field."""
