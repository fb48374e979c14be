"""The pages: server-rendered, without a script, over the same use cases as the other faces.

``admin_routes(office)`` gives the routes; ``page_caller(office, connection)`` recognises the same cookie elsewhere.
"""

from admin_ui.doors import missing_page
from admin_ui.office import AdminOffice, DemoAccount, PostboxLetter
from admin_ui.page_session import cookie_name, is_same_origin, page_caller, session_token
from admin_ui.routes import admin_routes

__all__ = [
    "AdminOffice",
    "DemoAccount",
    "PostboxLetter",
    "admin_routes",
    "cookie_name",
    "is_same_origin",
    "missing_page",
    "page_caller",
    "session_token",
]
