"""Passwords hashed, secrets sealed: the only place that touches either. Plain values never leave through a message or
a repr."""

import base64
import hashlib
import hmac
import secrets
import threading
from pathlib import Path
from typing import Any, Protocol

ARGON2_MEMORY_KIB = 19 * 1024
ARGON2_PASSES = 2
SEAL_BYTES = 32
NONCE_BYTES = 12


class Random(Protocol):
    """Randomness, passed in."""

    def hexadecimal(self, digits: int) -> str:
        """That many random lower-case hexadecimal digits."""


class SystemRandom:
    """The operating system's randomness."""

    def hexadecimal(self, digits: int) -> str:
        """That many random lower-case hexadecimal digits."""
        return secrets.token_hex((digits + 1) // 2)[:digits]


def token_digest(token: str) -> str:
    """What is stored of an API key's token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Hasher:
    """argon2id (m = 19 MiB, t = 2, p = 1), one password at a time per process, outside any transaction.

    Verifies argon2 hashes and, for migrated records, scrypt strings `$scrypt$ln=14,r=8,p=1$salt$hash`.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._argon2: Any = None

    def _engine(self) -> Any:
        if self._argon2 is None:
            from argon2 import PasswordHasher  # 4 MB that most workers never need

            self._argon2 = PasswordHasher(ARGON2_PASSES, ARGON2_MEMORY_KIB, 1)
        return self._argon2

    def hash(self, password: str) -> str:
        """The string to store for `password`."""
        with self._turn:
            return str(self._engine().hash(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one `stored` was made of. False for what cannot be read."""
        if not stored:
            return False
        with self._turn:
            return (
                _verify_scrypt(stored, password)
                if stored.startswith("$scrypt$")
                else self._verify_argon2(stored, password)
            )

    def _verify_argon2(self, stored: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError  # see _engine

        try:
            return bool(self._engine().verify(stored, password))
        except (VerificationError, InvalidHashError):
            return False


def _verify_scrypt(stored: str, password: str) -> bool:
    try:
        _, _, costs, salt, digest = stored.split("$")
        cost = {name: int(number) for name, number in (part.split("=") for part in costs.split(","))}
        want = _unpadded(digest)
        got = hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=_unpadded(salt),
            n=1 << cost["ln"],
            r=cost["r"],
            p=cost["p"],
            maxmem=128 * 1024 * 1024,
            dklen=len(want),
        )
    except (ValueError, KeyError):
        return False
    return hmac.compare_digest(want, got)


def _unpadded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


class Seal:
    """Secrets that must be readable again, encrypted at rest (AES-256-GCM) with the key of one file, made on first
    use (mode 0600)."""

    def __init__(self, key_file: Path) -> None:
        self._file = key_file
        self._cipher: Any = None

    def _engine(self) -> Any:
        if self._cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # heavy, seldom needed

            self._cipher = AESGCM(self.key())
        return self._cipher

    def key(self) -> bytes:
        """The key of the file, which is made if there is none yet."""
        if not self._file.exists():
            self._make()
        return base64.b64decode(self._file.read_bytes())

    def _make(self) -> None:
        """Write a new key beside the file, then link it into place: of several processes one wins, and no half key is
        ever seen."""
        draft = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_bytes(base64.b64encode(secrets.token_bytes(SEAL_BYTES)))
        try:
            self._file.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def close_over(self, secret: str, purpose: str) -> str:
        """`secret` sealed; `purpose` must be given again to open it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed: bytes = self._engine().encrypt(nonce, secret.encode(), purpose.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """The secret behind `sealed`. ValueError if it was sealed by another key or for another purpose."""
        from cryptography.exceptions import InvalidTag  # see _engine

        raw = base64.b64decode(sealed)
        try:
            opened: bytes = self._engine().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode())
        except InvalidTag as error:
            message = "a secret cannot be opened with this key file"
            raise ValueError(message) from error
        return opened.decode()
