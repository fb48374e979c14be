"""Tables, migrations and the two connection classes: how Homeward keeps what it has promised."""
