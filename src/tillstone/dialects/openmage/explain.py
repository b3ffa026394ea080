"""Why a signature does not match: the mistakes that clients make, tried one after the other.

A signature cannot be read backwards, so each likely mistake is made on purpose; if its signature is the client's, that
was it. What is said names the mistake and the byte from which the client's base string differs. Never a secret.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from tillstone.dialects.openmage import basestring, oauth
from tillstone.dialects.openmage.basestring import Pair, Source, assemble, base_strings, base_uri, decode, encode
from tillstone.domain.access import Secrets

SHOWN = 24
"""How much of both base strings is shown around the first difference."""


class Mistake(Struct, frozen=True):
    """A likely mistake: what it is, the base string it leads to, and the secrets it signs with."""

    name: str
    base_string: str
    secrets: Secrets


class Verdict(Struct, frozen=True):
    """What became of a signature. `mistake` is None if it is right (then `ours` matched) or not to be explained."""

    matches: bool
    ours: str
    mistake: Mistake | None = None

    @property
    def byte(self) -> int | None:
        """From which byte on (counted from 0) the client's base string differs; None if it does not."""
        if self.mistake is None or self.mistake.base_string == self.ours:
            return None
        return _first_difference(self.ours, self.mistake.base_string)


def examine(claim: oauth.Claim, source: Source, secrets: Secrets) -> Verdict:
    """Whether a signature matches, and if not, which mistake leads to it."""
    ours = next(base_strings(source))
    if oauth.is_valid(claim, source, secrets):
        return Verdict(matches=True, ours=ours)
    if claim.method == oauth.PLAINTEXT:
        return Verdict(matches=False, ours=ours)
    for mistake in mistakes(claim, source, secrets):
        if oauth.sign(claim.method, mistake.base_string, mistake.secrets) == claim.signature:
            return Verdict(matches=False, ours=ours, mistake=mistake)
    return Verdict(matches=False, ours=ours)


def sentence(claim: oauth.Claim, source: Source, secrets: Secrets) -> str:
    """The same in words, for a log."""
    verdict = examine(claim, source, secrets)
    if verdict.matches:
        return f"consumer {claim.consumer}: the signature matches."
    if claim.method == oauth.PLAINTEXT:
        return f"consumer {claim.consumer}: PLAINTEXT signs with the two secrets joined by &, and these are others."
    if verdict.mistake is None:
        return (
            f"consumer {claim.consumer}: no common mistake leads to this signature; most likely a secret is wrong, "
            f"or the base string is not {verdict.ours}"
        )
    told = f"consumer {claim.consumer}: {verdict.mistake.name}"
    byte = verdict.byte
    if byte is None:
        return f"{told}; the base string is right."
    theirs = verdict.mistake.base_string
    both = f"ours …{_around(verdict.ours, byte)}, theirs …{_around(theirs, byte)}"
    return f"{told}; base strings differ from byte {byte}: {both}"


def mistakes(claim: oauth.Claim, source: Source, secrets: Secrets) -> Iterator[Mistake]:
    """Every mistake that is tried, the commonest first."""
    for name, base_string in base_string_mistakes(source):
        yield Mistake(name, base_string, secrets)
    good = next(base_strings(source))
    for name, changed in _secret_mistakes(secrets):
        yield Mistake(name, good, changed)
    del claim


def _secret_mistakes(secrets: Secrets) -> Iterator[tuple[str, Secrets]]:
    yield "the client signs without the token's secret", Secrets(secrets.consumer, "")
    yield "the client signs without the consumer's secret", Secrets("", secrets.token)
    yield "the client has the two secrets in the wrong order", Secrets(secrets.token, secrets.consumer)


def base_string_mistakes(source: Source) -> Iterator[tuple[str, str]]:
    """Base strings that are wrong in one way each."""
    uri = next(basestring.uris(source))
    parameters = basestring.rfc_parameters(source)
    yield from _address_mistakes(source, uri, parameters)
    for name, make in PARAMETER_MISTAKES.items():
        yield name, assemble(source.method, uri, make(source))
    for method in ("GET", "POST", "PUT", "DELETE"):
        if method != source.method:
            yield f"the client signs {method} but sends {source.method}", assemble(method, uri, parameters)
    yield "the client writes the method in lower case", f"{source.method.lower()}&{encode(uri)}&{encode(parameters)}"
    yield "the client does not encode the address", f"{source.method}&{uri}&{encode(parameters)}"
    yield "the client does not encode the parameters", f"{source.method}&{encode(uri)}&{parameters}"
    yield "the client encodes the parameters twice", assemble(source.method, uri, encode(parameters))


def _address_mistakes(source: Source, uri: str, parameters: str) -> Iterator[tuple[str, str]]:
    other = "http" if source.scheme == "https" else "https"
    host = source.authorities[0]
    path = source.path
    tries = {
        f"the client signs {other} but sends {source.scheme}": base_uri(other, host, path),
        "the client signs the host as localhost": base_uri(source.scheme, _renamed(host, "localhost"), path),
        "the client signs the host as 127.0.0.1": base_uri(source.scheme, _renamed(host, "127.0.0.1"), path),
        "the client signs a slash at the end of the path": uri + "/",
        "the client leaves out the slash at the end of the path": uri.rstrip("/"),
        "the client signs the path decoded": base_uri(source.scheme, host, decode(path)),
        "the client signs the query as a part of the address": f"{uri}?{source.query}",
        "the client signs /index.php before the path": base_uri(source.scheme, host, "/index.php" + path),
        "the client signs the path alone": path,
    }
    for name, tried in tries.items():
        if tried != uri:
            yield name, assemble(source.method, tried, parameters)


def _renamed(authority: str, name: str) -> str:
    host, _, port = authority.rpartition(":")
    return f"{name}:{port}" if host else name


# -- parameters


def _made(pairs: list[Pair]) -> str:
    encoded = [(encode(name), encode(value)) for name, value in pairs if name != "oauth_signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _unsorted(source: Source) -> str:
    pairs = [*source.header, *basestring.rfc_pairs(source.query)]
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs if name != "oauth_signature")


def _query_first(source: Source) -> str:
    pairs = [*basestring.rfc_pairs(source.query), *source.header]
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs if name != "oauth_signature")


def _without_query(source: Source) -> str:
    return _made([*source.header])


def _without_form(source: Source) -> str:
    return _made([*source.header, *basestring.rfc_pairs(source.query)])


def _raw_query(source: Source) -> str:
    pairs = (part.partition("=") for part in source.query.split("&") if part)
    return _made([*source.header, *((name, value) for name, _, value in pairs)])


def _plus_kept(source: Source) -> str:
    pairs = (part.partition("=") for part in source.query.split("&") if part)
    return _made([*source.header, *((decode(name), decode(value)) for name, _, value in pairs)])


def _with_signature(source: Source) -> str:
    pairs = [*source.header, *basestring.rfc_pairs(source.query)]
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(pairs))


def _without(name: str) -> Callable[[Source], str]:
    def make(source: Source) -> str:
        header = tuple(pair for pair in source.header if pair[0] != name)
        return basestring.rfc_parameters(structs.replace(source, header=header))

    return make


PARAMETER_MISTAKES: dict[str, Callable[[Source], str]] = {
    "the client leaves the query out": _without_query,
    "the client leaves the form out": _without_form,
    "the client encodes what is encoded already (brackets of filters, for instance)": _raw_query,
    "the client signs a plus of the query as a plus, not as a blank": _plus_kept,
    "the client does not sort the parameters": _unsorted,
    "the client does not sort the parameters and puts the query first": _query_first,
    "the client signs the signature itself": _with_signature,
    "the client leaves oauth_version out of the signature": _without("oauth_version"),
    "the client leaves oauth_token out of the signature": _without("oauth_token"),
    "the client leaves oauth_callback out of the signature": _without("oauth_callback"),
    "the client leaves oauth_verifier out of the signature": _without("oauth_verifier"),
}


def _first_difference(ours: str, theirs: str) -> int:
    shared = min(len(ours), len(theirs))
    return next((at for at in range(shared) if ours[at] != theirs[at]), shared)


def _around(text: str, byte: int) -> str:
    return text[max(0, byte - 8) : byte + SHOWN] or "(nothing more)"
