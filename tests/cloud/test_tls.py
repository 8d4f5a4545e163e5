"""TLS is as the address says, from none to a certificate that is looked at."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simtui.cloud.address import find_address
from simtui.cloud.reading import Database
from simtui.errors import Busy
from tests.cloud.server import Server

NAME = "localhost"


def made() -> tuple[bytes, bytes]:
    """A certificate of NAME that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def certificate(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of the server, which speaks TLS from now on."""
    content, key = made()
    path = tmp_path_factory.mktemp("tls") / "root.crt"
    path.write_bytes(content)
    postgres.with_tls(content, key)
    yield path
    postgres.with_tls(None)


def speaks_tls(address: str) -> bool:
    database = Database.open(find_address(address, None, {}))
    with database.snapshot() as snapshot:
        query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        found: bool = snapshot.all(query)[0][0]
    database.close()
    return found


@pytest.mark.parametrize(("mode", "spoken"), [
    ("disable", False), ("prefer", True), ("require", True), ("verify-ca", True),
    ("verify-full", True),
])  # fmt: skip
def test_it_is_spoken(postgres: Server, certificate: Path, mode: str, spoken: bool) -> None:
    over = postgres.over_tcp(postgres.address()).replace("127.0.0.1", NAME)
    more = f"&sslrootcert={certificate}" if mode.startswith("verify") else ""
    assert speaks_tls(f"{over}?sslmode={mode}{more}") is spoken


def test_a_certificate_of_another_is_refused(
    postgres: Server, certificate: Path, tmp_path: Path
) -> None:
    over = postgres.over_tcp(postgres.address())
    other = tmp_path / "other.crt"
    other.write_bytes(made()[0])
    for address in (
        f"{over}?sslmode=verify-full&sslrootcert={certificate}",  # 127.0.0.1 is not its name
        f"{over}?sslmode=verify-ca&sslrootcert={other}",
        f"{over}?sslmode=verify-ca&sslrootcert=/nowhere",
    ):
        with pytest.raises(Busy, match="no connection under TLS as the address asks for it"):
            speaks_tls(address)
