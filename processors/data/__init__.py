"""Tables that processors read: beside each its source, its licence and the script that makes it."""
