"""The commands of the command line that deal with live servers."""
