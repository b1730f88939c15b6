"""Who may come in: only this machine, or whoever knows the password; and only by the page itself."""

import hashlib
import hmac
import html
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TypeAlias

import structlog
from aiohttp import web

from bot.errors import GatepostError, sentence_for
from bot.ports import Clock, NewId, PageKeys

log = structlog.get_logger(__name__)

HttpCall: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSION_SECONDS = 30 * 24 * 3600.0
INVITATION_SECONDS = 24 * 3600.0
_PRINT_AGAIN_SECONDS = 600.0
_FREE_GUESSES = 3
_LONGEST_WAIT = 60.0
_FORM_BYTES = 4096
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_USED_UP = "This address was used already, or is not a right one. A fresh one is printed in the terminal."
_NO_KEY = "To come in, open the address that Gatepost printed in the terminal. A fresh one is printed there now."


class Refused(Exception):
    """A request that gets one sentence and no more."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Door:
    """Checks every request, and exchanges a one-time address or the password for a cookie."""

    def __init__(
        self, keys: PageKeys, password: str | None, clock: Clock, new_id: NewId, announce: Callable[[str], None]
    ) -> None:
        self._keys = keys
        self._password = password
        self._clock = clock
        self._new_id = new_id
        self._announce = announce
        self._printed: str | None = None
        self._printed_at = 0.0
        self._guesses = Guesses(clock)

    async def invitation(self, origin: str) -> str:
        """A fresh address that lets one browser in, once, within a day. With a password it needs no token."""
        if self._password is not None:
            return f"{origin}/"
        token = self._fresh()
        await self._keys.grant(_digest(token), "token", self._clock())
        return f"{origin}/?token={token}"

    def guarded(self, call: HttpCall) -> HttpCall:
        """A call of the API: only with a session, and with an error told as JSON."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._check(request)
                if not await self._has_session(request):
                    raise Refused(401, "You are not signed in any more. Open the address Gatepost printed again.")
                response = await call(request)
            except Refused as refused:
                response = _json_error(refused.status, refused.sentence)
            except GatepostError as error:
                log.warning("page call failed", path=request.path, error=type(error).__name__)
                response = _json_error(503, sentence_for(error))
            except web.HTTPException as error:
                response = _json_error(error.status, "That request was not understood.")
            except Exception:
                log.exception("page call broke", path=request.path)
                response = _json_error(500, GatepostError.sentence)
            return _sealed(response)

        return answer

    def open(self, call: HttpCall) -> HttpCall:
        """Something that needs no session: what the page is made of, and the way in."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._check(request)
                response = await call(request)
            except Refused as refused:
                response = _plain_page(refused.status, refused.sentence)
            return _sealed(response)

        return answer

    async def enter(self, request: web.Request, page: HttpCall) -> web.StreamResponse:
        """The page itself, or the way to it."""
        token = request.query.get("token")
        if await self._has_session(request):
            return _redirect() if token else await page(request)
        if self._password is not None:
            return _login_page(200, "")
        if token and await self._redeem(token):
            return await self._let_in(request)
        await self._print_fresh(request)
        return _plain_page(403, _USED_UP if token else _NO_KEY)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """The login form, sent."""
        if self._password is None:
            return _redirect()
        if (request.content_length or _FORM_BYTES) >= _FORM_BYTES:
            raise Refused(413, "That is not a password.")
        form = await request.post()
        who = request.remote or ""
        # From here on nothing is awaited: of many guesses sent at once each sees the ones before it.
        if wait := self._guesses.seconds_to_wait(who):
            return _login_page(429, f"Too many wrong passwords. Try again in {wait:.0f} seconds.")
        self._guesses.count(who)
        if not _same(str(form.get("password", "")), self._password):
            return _login_page(403, "That is not the password.")
        self._guesses.forget(who)
        return await self._let_in(request)

    async def _let_in(self, request: web.Request) -> web.StreamResponse:
        session = self._fresh()
        await self._keys.grant(_digest(session), "session", self._clock())
        response = _redirect()
        age = int(SESSION_SECONDS)
        response.set_cookie(
            _cookie(request), session, max_age=age, httponly=True, samesite="Strict", secure=_is_secure(request)
        )
        return response

    async def _has_session(self, request: web.Request) -> bool:
        session = request.cookies.get(_cookie(request))
        oldest = self._clock() - SESSION_SECONDS
        return session is not None and await self._keys.holds(_digest(session), "session", oldest)

    async def _redeem(self, token: str) -> bool:
        return await self._invites(token) and await self._keys.redeem(_digest(token), "token")

    async def _invites(self, token: str) -> bool:
        return await self._keys.holds(_digest(token), "token", self._clock() - INVITATION_SECONDS)

    async def _print_fresh(self, request: web.Request) -> None:
        """One that was printed and not used stays fresh for a while, so that nobody can flood the terminal."""
        unused = self._printed is not None and await self._invites(self._printed)
        if not unused or self._clock() - self._printed_at >= _PRINT_AGAIN_SECONDS:
            address = await self.invitation(f"{request.scheme}://{request.host}")
            self._printed, self._printed_at = address.partition("token=")[2], self._clock()
            self._announce(address)

    def _fresh(self) -> str:
        return self._new_id() + self._new_id()

    def _check(self, request: web.Request) -> None:
        if self._password is None:
            _check_local(request)
        if request.method != "GET" or request.headers.get("Upgrade"):
            _check_origin(request)


class Guesses:
    """Guesses by address since the last right one: after a few, each makes the next wait twice as long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: dict[str, tuple[int, float]] = {}

    def seconds_to_wait(self, who: str) -> float:
        """How long until this address may guess again."""
        count, last = self._made.get(who, (0, 0.0))
        pause = min(2.0 ** (count - _FREE_GUESSES), _LONGEST_WAIT) if count >= _FREE_GUESSES else 0.0
        return max(0.0, last + pause - self._clock())

    def count(self, who: str) -> None:
        """Remember a guess, before it is known whether it is right."""
        if len(self._made) > 1000:
            self._made.clear()
        self._made[who] = (self._made.get(who, (0, 0.0))[0] + 1, self._clock())

    def forget(self, who: str) -> None:
        """The password was known."""
        self._made.pop(who, None)


def _check_local(request: web.Request) -> None:
    """Only this machine, and by a name of its own: a strange name may be one that was turned to point here."""
    sockname = request.transport.get_extra_info("sockname") if request.transport else None
    port = sockname[1] if sockname else None
    host = f"{request.host}:80" if port == 80 and not request.host.endswith(":80") else request.host
    if host not in {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}:
        raise Refused(403, "This page answers only under its own address, http://127.0.0.1.")
    if not ip_address((request.remote or "0.0.0.0").partition("%")[0]).is_loopback:
        raise Refused(403, "This page answers only on its own machine unless a password is set.")


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin", "")
    if origin.partition("://")[2] != request.host:
        raise Refused(403, "Only the page itself may do this.")


def _is_secure(request: web.Request) -> bool:
    """Whether the browser came by TLS, which may end at a proxy before us."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _cookie(request: web.Request) -> str:
    """One name for each port: browsers share cookies between all ports of a machine."""
    return f"gatepost_{request.host.rpartition(':')[2] if ':' in request.host else 'page'}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(_digest(one), _digest(other))


def _sealed(response: web.StreamResponse) -> web.StreamResponse:
    if not response.prepared:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def _json_error(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def _redirect() -> web.Response:
    return web.Response(status=303, headers={"Location": "/"})


def _plain_page(status: int, sentence: str) -> web.Response:
    body = f"<h1>Gatepost</h1><p>{html.escape(sentence)}</p><p><a href='/'>Try again</a></p>"
    return _small_page(status, body)


def _login_page(status: int, problem: str) -> web.Response:
    note = f"<p role='alert'>{html.escape(problem)}</p>" if problem else ""
    field = "<input name='password' type='password' autocomplete='current-password' required autofocus>"
    form = f"<form method='post' action='/login'><label>Password {field}</label><button>Come in</button></form>"
    response = _small_page(status, f"<h1>Gatepost</h1>{note}{form}")
    response.headers["Referrer-Policy"] = "same-origin"  # with none at all a form's origin is sent as null
    return response


def _small_page(status: int, body: str) -> web.Response:
    head = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>Gatepost</title>"
    style = "<link rel='stylesheet' href='/page/style.css'><link rel='icon' href='/page/icon.svg'>"
    main = f"<main class='door'>{body}</main>"
    text = f"<!doctype html><html lang='en'><head>{head}{style}</head><body>{main}</body></html>"
    return web.Response(status=status, text=text, content_type="text/html")
