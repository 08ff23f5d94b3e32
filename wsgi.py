"""The application object for any WSGI server: ``gunicorn wsgi:application``."""

from feeds import create_app

application = create_app()
