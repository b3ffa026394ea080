"""HTTPS, served by Tillstone itself."""

import ssl
import urllib.request
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.live.servers import BASIC, running
from tests.outside.serving import open_shop, wait_until
from tests.outside.session import PATIENCE_S


def certify(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tillstone test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = directory / "cert.pem", directory / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


@pytest.fixture
def shop(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    open_shop(url)
    return url


@pytest.mark.parametrize("what, reason", [("nothing", "No such file or directory"), ("garbage", "[SSL] PEM lib")])
def test_certificate_that_cannot_be_used_ends_the_server_with_a_sentence(
    shop: str, tmp_path: Path, what: str, reason: str
) -> None:
    """It was tried again every second."""
    (tmp_path / "garbage").write_text("not PEM")
    file = str(tmp_path / what)
    settings = {"TILLSTONE_SERVER_TLS_CERT": file, "TILLSTONE_SERVER_TLS_KEY": file}
    with running(shop, tmp_path, wait=False, settings=settings) as server:
        assert server.process.wait(PATIENCE_S) == 1
        told = server.faults()
    assert told.startswith(f"Nothing can be encrypted with {file} and {file}: {reason}")
    assert told.splitlines()[1].startswith("Next: let server.tls_cert and server.tls_key name")


def test_encrypted_connection_gives_encrypted_links(shop: str, tmp_path: Path) -> None:
    cert, key = certify(tmp_path)
    context = ssl.create_default_context(cafile=str(cert))
    settings = {"TILLSTONE_SERVER_TLS_CERT": str(cert), "TILLSTONE_SERVER_TLS_KEY": str(key)}

    with running(shop, tmp_path, wait=False, settings=settings) as server:
        base = f"https://127.0.0.1:{server.port}"

        def answers() -> bool:
            try:
                urllib.request.urlopen(f"{base}/healthz", context=context).close()
            except OSError:
                return False
            return True

        wait_until(answers, what="a server that speaks TLS")
        request = urllib.request.Request(
            f"{base}/api/customers.xml", b"<customer><name>A B</name></customer>", {"Authorization": BASIC}
        )
        with urllib.request.urlopen(request, context=context) as answer:
            assert answer.headers["Location"] == f"{base}/api/customers/1.xml"
