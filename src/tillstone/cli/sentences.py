"""What goes wrong, as one sentence and the next command to type. Never a secret, never a trace."""

from msgspec import Struct

from tillstone.config import SettingsInvalid
from tillstone.domain.errors import Bug, Fault, NotFound, Refusal, StoreDown
from tillstone.store import NotMigratedError


class Told(Struct, frozen=True):
    """A sentence, and what to type next."""

    text: str
    next: str = ""


class Sentence(Exception):
    """An error that the command words itself."""

    def __init__(self, text: str, *, next: str = "") -> None:  # noqa: A002 - what is typed next
        super().__init__(text)
        self.told = Told(text, next)


NAMES = {
    "account": "account",
    "username": "user name",
    "sku": "stock number",
    "oauth_consumer": "consumer",
    "oauth_token": "token",
    "admin_user": "admin user",
    "allow": "resource",
    "group_id": "group",
    "customer_id": "customer",
}

CODES = {
    "not_found": "There is no {name} {detail}.",
    "unknown": "There is no {name} {detail}.",
    "taken": "The {name} {detail} has already been taken.",
    "blank": "The {name} is missing.",
    "malformed": "{detail} cannot be the {name}.",
    "reserved": "The {name} {detail} is reserved.",
    "system": "The group {detail} belongs to the system and cannot be changed.",
    "has_children": "The group still has {detail} groups below it.",
    "has_members": "The group still has {detail} members.",
    "too_long": "The {name} is longer than {detail} characters.",
    "too_small": "The {name} is smaller than {detail}.",
}

WORDS = {
    ("code", "not_found"): "There is no group {detail}.",
    ("token", "malformed"): "A token has 40 hexadecimal digits, 0-9 and a-f.",
    ("token", "taken"): "That token is in use already.",
    ("login", "blank"): "A login and a password go together.",
    ("key", "malformed"): "A consumer's key has 32 letters and digits.",
    ("key", "taken"): "That consumer key is in use already.",
    ("secret", "malformed"): "A secret has 32 letters and digits.",
    ("callback_url", "malformed"): "The callback must be an address that begins with http:// or https://.",
    ("rejected_url", "malformed"): "The address for those who reject must begin with http:// or https://.",
    ("user", "blank"): "A token acts for an admin user or for a customer: name one of them.",
}

NEXT = {
    ("account", "not_found"): "tillstone account list",
    ("account", "malformed"): "tillstone account create NAME, with a name of a-z, 0-9, _ and -",
    ("token", "malformed"): "tillstone key create ACCOUNT, without --token, to have one made",
    ("token", "taken"): "tillstone key list ACCOUNT",
    ("login", "blank"): "tillstone key create ACCOUNT --login EMAIL --password PASSWORD",
    ("code", "not_found"): "tillstone group list ACCOUNT",
    ("oauth_consumer", "not_found"): "tillstone oauth consumer list ACCOUNT",
    ("oauth_token", "not_found"): "tillstone oauth token list ACCOUNT",
    ("admin_user", "not_found"): "tillstone admin list ACCOUNT",
    ("role", "not_found"): "tillstone role list ACCOUNT",
    ("user", "blank"): "tillstone oauth token create ACCOUNT --consumer KEY --admin USER",
}


def sentence(problem: Exception) -> Told:
    """The sentence for any problem that a command may end with."""
    if isinstance(problem, Sentence):
        return problem.told
    if isinstance(problem, SettingsInvalid):
        return Told("These settings cannot be used: " + "; ".join(problem.faults) + ".", "tillstone serve --help")
    if isinstance(problem, NotMigratedError):
        return Told("The database has not the schema of this Tillstone yet.", "tillstone migrate")
    if isinstance(problem, StoreDown):
        return Told(f"{str(problem).rstrip('.')}.", "tillstone check")
    if isinstance(problem, Bug):
        return Told(
            f"Tillstone broke its own rules: {problem}.", "the same again with tillstone --debug, and report it"
        )
    if isinstance(problem, Refusal):
        return _refused(problem)
    if isinstance(problem, OSError) and problem.filename:
        return Told(f"{problem.filename} cannot be used: {problem.strerror}.")
    return Told(f"{problem}.")


def _refused(refusal: Refusal) -> Told:
    if not refusal.faults:
        return Told("There is no such thing." if isinstance(refusal, NotFound) else "That is not allowed.")
    first = refusal.faults[0]
    return Told(" ".join(map(worded, refusal.faults)), NEXT.get((first.field, first.code), ""))


def worded(fault: Fault) -> str:
    """A fault in words."""
    name = NAMES.get(fault.field, fault.field.replace("_", " ").replace(".", " "))
    reason = f"{fault.code.replace('_', ' ')} {fault.detail}".strip()
    template = WORDS.get((fault.field, fault.code)) or CODES.get(fault.code, "The {name} is refused: {reason}.")
    return template.format(name=name, detail=fault.detail or '""', reason=reason)
