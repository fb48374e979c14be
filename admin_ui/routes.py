"""The addresses of the pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.routing import BaseRoute, Route

from admin_ui.access_routes import ACCESS_ACTIONS, ACCESS_PAGES, ACCESS_REGISTERS
from admin_ui.actions import Action, show_action
from admin_ui.attachment_pages import upload_page
from admin_ui.calendar_routes import CALENDAR_ACTIONS, CALENDAR_LINES, CALENDAR_PAGES, CALENDAR_REGISTERS
from admin_ui.confirm_page import confirm_door
from admin_ui.delivery_pages import notifications_page
from admin_ui.doors import Endpoint, Show, door
from admin_ui.exchange_routes import EXCHANGE_ACTIONS, EXCHANGE_PAGES, EXCHANGE_REGISTERS
from admin_ui.help_page import help_door
from admin_ui.home_page import home_page
from admin_ui.insight_pages import Insight, export_insight, show_insight
from admin_ui.insight_rooms import INSIGHTS
from admin_ui.lines import Lines, export_lines
from admin_ui.live import events_door
from admin_ui.office import AdminOffice
from admin_ui.postbox_pages import letter_door, letter_html_door, postbox_door
from admin_ui.profile_page import PROFILE
from admin_ui.registers import Register, export_register, show_register
from admin_ui.rendering import DONE
from admin_ui.reset_page import reset_door
from admin_ui.saved_view_pages import forget_view, keep_view
from admin_ui.sign_on_pages import leave, password_page, sign_in_door
from admin_ui.statement_page import statement_page
from admin_ui.static_files import serve_static
from admin_ui.sweep_live import run_events_door
from admin_ui.trail_routes import TRAIL_ACTIONS, TRAIL_LINES, TRAIL_PAGES, TRAIL_REGISTERS


class _Number(IntegerConvertor):
    """A number in an address. Python refuses to read one of thousands of digits: such an address leads nowhere."""

    regex = "[0-9]{1,100}"


register_url_convertor("int", _Number())

REGISTERS: tuple[Register[Any], ...] = (
    *CALENDAR_REGISTERS,
    *TRAIL_REGISTERS,
    *EXCHANGE_REGISTERS,
    *ACCESS_REGISTERS,
)
"""The lists that are shown as they are; a list with a page function of its own is not here."""

LINES: tuple[Lines[Any], ...] = (*CALENDAR_LINES, *TRAIL_LINES)
"""The lines of one record that are taken out as a file; the record's page shows them."""

ACTIONS: tuple[Action, ...] = (PROFILE, *EXCHANGE_ACTIONS, *ACCESS_ACTIONS, *TRAIL_ACTIONS, *CALENDAR_ACTIONS)
"""The forms."""


def admin_routes(office: AdminOffice) -> list[BaseRoute]:
    """Give the routes of every page; the demonstration's mailbox only where there is one."""

    def page(path: str, show: Show, *methods: str, at_the_door: bool = False, takes_file: bool = False) -> Route:
        endpoint = door(office, show, at_the_door=at_the_door, takes_file=takes_file)
        return Route(path, endpoint, methods=list(methods) or ["GET"])

    return [
        page("/", home_page),
        Route("/sign-in", sign_in_door(office), methods=["GET", "POST"]),
        Route("/confirm-address/{token}", confirm_door(office), methods=["GET", "POST"]),
        page("/sign-out", leave, "POST", at_the_door=True),
        page("/password", password_page, "GET", "POST", at_the_door=True),
        Route("/cannot-sign-in", reset_door(office), methods=["GET", "POST"]),
        page("/statement", statement_page, "GET", "POST", at_the_door=True),
        page("/notifications", notifications_page),
        *(page(path, show, *methods) for path, show, methods in TRAIL_PAGES),
        *(route for register in REGISTERS for route in _register_routes(office, register)),
        *(page(one.export_path, partial(export_lines, lines=one), "POST") for one in LINES),
        *(_action_route(office, action) for action in ACTIONS),
        *(page(path, show, *methods) for path, show, methods in CALENDAR_PAGES),
        Route("/sweeps/runs/{name}/{due_on}/events", run_events_door(office)),
        *(route for insight in INSIGHTS for route in _insight_routes(office, insight)),
        page("/referrals/{number:int}/attachments/new", upload_page, "GET", "POST", takes_file=True),
        *(page(path, show, *methods) for path, show, methods in EXCHANGE_PAGES),
        *(page(path, show, *methods) for path, show, methods in ACCESS_PAGES),
        Route("/events", events_door(office)),
        Route("/help", help_door(office)),
        *_postbox_routes(office),
        Route("/static/{name}", serve_static),
    ]


def _register_routes(office: AdminOffice, register: Register[Any]) -> list[Route]:
    routes = [Route(register.path, door(office, partial(show_register, register=register)), methods=["GET", "POST"])]
    if register.saves:
        keep, forget = partial(keep_view, register=register), partial(forget_view, register=register)
        routes.append(Route(f"{register.path}/views", door(office, keep), methods=["POST"]))
        routes.append(Route(f"{register.path}/views/{{view_id:uuid}}/remove", door(office, forget), methods=["POST"]))
    if register.exports:
        take_out = door(office, partial(export_register, register=register))
        routes.append(Route(f"{register.path}/export", take_out, methods=["POST"]))
    return routes


def _insight_routes(office: AdminOffice, insight: Insight) -> list[Route]:
    return [
        Route(insight.path, door(office, partial(show_insight, insight=insight)), methods=["GET", "POST"]),
        Route(f"{insight.path}/export", door(office, partial(export_insight, insight=insight)), methods=["POST"]),
    ]


def _action_route(office: AdminOffice, action: Action) -> Route:
    if action.done:
        DONE[action.key] = action.done
    show = partial(show_action, action=action)
    endpoint = door(office, show, takes_file=bool(action.file_for), largest=action.largest)
    return Route(action.path, endpoint, methods=["GET", "POST"])


def _postbox_routes(office: AdminOffice) -> list[BaseRoute]:
    if office.postbox is None:
        return []
    doors: dict[str, Endpoint] = {
        "/mailbox": postbox_door(office, office.postbox),
        "/mailbox/{key}": letter_door(office, office.postbox),
        "/mailbox/{key}/html": letter_html_door(office, office.postbox),
    }
    return [Route(path, endpoint) for path, endpoint in doors.items()]
