"""The pages on which a person lets a program in: log in, confirm or reject, the verifier (spec 7.4).

Plain HTML without scripts. Every form comes back with a key that only this page could give, so no other site can send
it; what changes anything is a POST.
"""

from functools import partial
from html import escape

from tillstone.dialects.base import Body, Call, Route
from tillstone.dialects.openmage.auth import COOKIE, cookie_of, page_token
from tillstone.dialects.openmage.basestring import rfc_pairs
from tillstone.dialects.openmage.routes import PAGES, BadMethod, NoRoute, page_of
from tillstone.domain.access import Principal
from tillstone.domain.commands import Asked, AskGrant, Decided, DecideGrant, Form, LogIn
from tillstone.domain.errors import Forbidden, Refusal, StoreDown, Unauthorized
from tillstone.wire.http import Reply, Request

FORM_LIMIT = 16_384

ASK = frozenset({"", "index", "simple"})
CONFIRM = frozenset({"confirm", "confirmSimple"})
REJECT = frozenset({"reject", "rejectSimple"})
LOG_IN = frozenset({"login"})

SENTENCE = "An error occurred. Your authorization request is invalid."
WRONG_LOGIN = "Invalid login or password."

HEADERS = (
    (b"content-type", b"text/html; charset=UTF-8"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)

STYLE = (
    "body{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "label{display:block;margin:1rem 0 .2rem}input{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}"
    "button{font:inherit;margin:1.2rem .6rem 0 0;padding:.5rem 1.2rem}form{display:inline}"
    ".alert{border-left:.3rem solid #a00;padding-left:.8rem}code{font-size:1.2em;word-break:break-all}"
)


class WrongLogin(Refusal):
    """Nobody has that name and password; the page says so and asks again."""


def route(request: Request) -> Route:
    """Which step of the page a request is."""
    found = page_of(request.path)
    if found is None or found[1] not in ASK | CONFIRM | REJECT | LOG_IN:
        raise NoRoute
    kind, step = found
    if request.method in {"GET", "HEAD"}:
        return Route((), writes=False, parse=partial(_ask, kind) if step in ASK else partial(_back, kind))
    if request.method != "POST":
        raise BadMethod
    body = Body(FORM_LIMIT)
    if step in LOG_IN:
        return Route((), writes=False, parse=partial(_log_in, kind), body=body)
    if step in ASK:
        # recorded: authorize_post answers like the page itself
        return Route((), writes=False, parse=partial(_ask, kind), body=body)
    return Route((), writes=False, parse=partial(_decide, step in CONFIRM), body=body)


def _ask(kind: str, request: Request, _principal: Principal, *, alert: str = "") -> Call:
    token = page_token(request)

    def answer(asked: Asked) -> Reply:
        inner = _question(asked, kind, token) if asked.person else _login(asked, kind, token, alert)
        return _page("Authorize application", inner, cookie=asked.cookie, secure=request.base.startswith("https:"))

    return Call(AskGrant(token, cookie_of(request)), answer)


def _back(kind: str, request: Request, _principal: Principal) -> Reply:
    """Confirming by following a link would let any site do it: the question is asked again (KNOWN)."""
    return _redirect(_address(kind, page_token(request)))


def _log_in(kind: str, request: Request, _principal: Principal) -> Call:
    sent = _sent(request)
    token = page_token(request)
    command = LogIn(_form(request, sent), sent.get("login", ""), sent.get("password", ""), request.client)
    return Call(
        command, lambda session: _redirect(_address(kind, token), session, secure=request.base.startswith("https:"))
    )


def _decide(confirm: bool, request: Request, _principal: Principal) -> Call:  # noqa: FBT001 - bound by `partial`
    command = DecideGrant(_form(request, _sent(request)), confirm)
    return Call(command, lambda decided: _decided(decided, confirmed=confirm))


def _decided(decided: Decided, *, confirmed: bool) -> Reply:
    if decided.address:
        return _redirect(decided.address)
    if not confirmed:
        return _page("Authorization rejected", "<h1>Authorization rejected</h1><p>The application was not let in.</p>")
    inner = (
        "<h1>Authorization confirmed</h1><p>Give this code to the application:</p>"
        f'<p><code id="verifier">{escape(decided.verifier)}</code></p>'
    )
    return _page("Authorization confirmed", inner)


def failed(problem: Exception) -> Reply:
    """The page of a problem. A page is 200 even then (spec 7.4)."""
    if isinstance(problem, Forbidden):
        sentence = "This form is too old, or was not made by this page. Please begin again in the application."
    elif isinstance(problem, Unauthorized) and problem.reason == "login":
        sentence = f"{WRONG_LOGIN} Go back and try again."
    elif isinstance(problem, StoreDown):
        return _page("Not now", _alert("The shop cannot be reached at the moment. Please try again."), status=503)
    elif isinstance(problem, Unauthorized):
        sentence = SENTENCE
    else:
        status = 404 if isinstance(problem, NoRoute) else 405 if isinstance(problem, BadMethod) else 500
        return _page("Error", _alert(SENTENCE), status=status)
    return _page("Error", _alert(sentence))


# -- what the pages are made of


def _login(asked: Asked, kind: str, token: str, alert: str) -> str:
    name = "User Name" if kind == "admin" else "Email Address"
    kind_of = "text" if kind == "admin" else "email"
    return (
        f"<h1>Authorize application</h1>{_alert(alert) if alert else ''}"
        f"<p><strong>{escape(asked.program)}</strong> requests access to your account.</p>"
        f'<form method="post" action="{_address(kind, token, "login")}">{_hidden(asked)}'
        f'<label for="login">{name}</label>'
        f'<input id="login" name="login" type="{kind_of}" autocomplete="username" required autofocus>'
        f'<label for="password">Password</label>'
        f'<input id="password" name="password" type="password" autocomplete="current-password" required>'
        '<button type="submit" id="send">Log in</button></form>'
    )


def _question(asked: Asked, kind: str, token: str) -> str:
    return (
        f"<h1>Authorize application</h1><p>You are logged in as {escape(asked.person)}.</p>"
        f"<p><strong>{escape(asked.program)}</strong> requests access to your account. "
        "After authorization it will act on your behalf until you revoke its access.</p>"
        f'<form method="post" action="{_address(kind, token, "confirm")}">{_hidden(asked)}'
        '<button type="submit" id="authorize">Authorize</button></form>'
        f'<form method="post" action="{_address(kind, token, "reject")}">{_hidden(asked)}'
        '<button type="submit" id="reject">Reject</button></form>'
    )


def _hidden(asked: Asked) -> str:
    return f'<input type="hidden" name="form_key" value="{escape(asked.key)}">'


def _alert(text: str) -> str:
    return f'<p class="alert" role="alert">{escape(text)}</p>'


def _address(kind: str, token: str, step: str = "") -> str:
    base = next(path.decode() for path, whom in PAGES.items() if whom == kind)
    safe = "".join(letter for letter in token if letter.isalnum() and letter.isascii())
    return f"{base}{f'/{step}' if step else ''}?oauth_token={safe}"


def _page(title: str, inner: str, *, status: int = 200, cookie: str = "", secure: bool = False) -> Reply:
    document = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>'
        f'{escape(title)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{inner}</main></body></html>\n"
    )
    return Reply(status, document.encode(), (*HEADERS, *_cookie(cookie, secure=secure)))


def _redirect(address: str, cookie: str = "", *, secure: bool = False) -> Reply:
    # 302, as recorded: browsers follow a POST's with a GET
    headers = ((b"location", address.encode("utf-8", "replace")), *HEADERS[1:], *_cookie(cookie, secure=secure))
    return Reply(302, b"", (HEADERS[0], *headers))


def _cookie(value: str, *, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    if not value:
        return ()
    text = f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
    return ((b"set-cookie", text.encode()),)


def _sent(request: Request) -> dict[str, str]:
    return dict(rfc_pairs(request.body.decode("latin-1")))


def _form(request: Request, sent: dict[str, str]) -> Form:
    return Form(page_token(request), cookie_of(request), sent.get("form_key", ""))
