"""Encryption of personal data at rest: AES-256-GCM, a fresh nonce for every file, bound to the file's name."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from errors import StoreError

_NONCE_BYTES = 12


def encrypt(key: bytes, data: bytes, name: str) -> bytes:
    """Nonce and ciphertext of `data`. A file moved to another `name` does not decrypt."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, name.encode())


def decrypt(key: bytes, sealed: bytes, name: str) -> bytes:
    """Content again. StoreError `store.sealed_damaged` when a byte, the name or the key is not the same."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise StoreError("store.sealed_damaged", where=name) from error
