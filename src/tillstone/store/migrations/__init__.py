"""The way from every schema there ever was to the present one, run by Alembic."""
