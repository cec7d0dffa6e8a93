"""Handlers that call other services get a thread of their own.

The pool that serves blocking handlers serves moto's services, too: handlers that wait in it for
those could take every thread that would answer them.
"""

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable

from emulator.context import Answer, Context, Request


def apart(
    handler: Callable[[Context, Request], Answer],
) -> Callable[[Context, Request], Awaitable[Answer]]:
    """The handler as one that is awaited while it runs in a new thread."""

    @functools.wraps(handler)
    async def run(context: Context, request: Request) -> Answer:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Answer] = loop.create_future()

        def give(answer: Answer | None, error: Exception | None) -> None:
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            elif answer is not None:
                done.set_result(answer)

        def work() -> None:
            try:
                answer = handler(context, request)
            except Exception as error:  # noqa: BLE001 - the thread's boundary: the request gets it
                loop.call_soon_threadsafe(give, None, error)
            else:
                loop.call_soon_threadsafe(give, answer, None)

        threading.Thread(target=work, name=handler.__name__, daemon=True).start()
        return await done

    return run
