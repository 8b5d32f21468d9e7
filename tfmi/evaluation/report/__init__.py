"""report.html: what was trained, how good it is, and a look inside, in one file."""
