"""Signatures of files that devices share: Ed25519 (RFC 8032), by the package `cryptography`, which is optional."""

from typing import Any

from engine.errors import InputError


def new_secret_key() -> bytes:
    """Make a secret key, 32 bytes. Raises InputError without the package."""
    return bytes(_ed25519().Ed25519PrivateKey.generate().private_bytes_raw())


def public_key_of(secret_key: bytes) -> bytes:
    """Return the public key, 32 bytes. Raises InputError without the package."""
    return bytes(_ed25519().Ed25519PrivateKey.from_private_bytes(secret_key).public_key().public_bytes_raw())


def signature_of(content: bytes, secret_key: bytes) -> bytes:
    """Sign `content`; 64 bytes. Raises InputError without the package."""
    return bytes(_ed25519().Ed25519PrivateKey.from_private_bytes(secret_key).sign(content))


def is_signed(content: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the signature is that of the holder of the key. Raises InputError without the package."""
    keys = _ed25519()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - 100 ms that only signatures need

    try:
        keys.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _ed25519() -> Any:
    """Import the package, which takes 100 ms."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - 100 ms that only signatures need
    except ImportError as error:
        hint = "install it: pip install 'persona-moe[merge]', or pip install cryptography"
        raise InputError("signatures need the package cryptography", hint=hint) from error
    return ed25519
