"""The bridge's webhook receiver: a Flask application behind a production WSGI server."""
