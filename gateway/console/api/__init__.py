"""The handlers of the API, a module for each kind of thing; the table of them is :mod:`gateway.console.routes`."""
