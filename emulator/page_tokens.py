"""Page tokens: where a list goes on, in a form that no other text and no other list has."""

import base64
import binascii


class NotOurs(ValueError):
    """The text is no token that the list gave."""


def token_after(list_name: str, last: str) -> str:
    """The token of the page that follows this entry of the list."""
    return base64.urlsafe_b64encode(f"{list_name}:{last}".encode()).decode()


def entry_before(list_name: str, token: str) -> str:
    """The entry that the token's page follows.

    Raises:
        NotOurs: ``token_after`` never gave it for this list.
    """
    try:
        last = base64.urlsafe_b64decode(token).decode().removeprefix(f"{list_name}:")
    except (binascii.Error, ValueError) as error:
        raise NotOurs(token) from error
    # The decoder passes over what is not of its alphabet.
    if token_after(list_name, last) != token:
        raise NotOurs(token)
    return last
