"""The namecls workbench: a Textual application over the `namecls` library."""
