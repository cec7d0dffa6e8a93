"""Made-up ratings whose right answer is known."""

import random

RATED_SHARE, POPULAR_SHARE = 0.5, 0.9


def ratings_csv(users: int, items: int, popular_items: int = 0) -> bytes:
    """Readers who like one of two genres, so that a bias model alone cannot tell.

    A user likes the items of the same parity as their own; the first `popular_items` are read by
    nearly all, liked or not. Ids count from 1, ratings are integers from 1 to 5.
    """
    chance = random.Random(0)
    lines = ["user_id,book_id,rating"]
    for user in range(1, users + 1):
        for item in range(1, items + 1):
            if chance.random() < (POPULAR_SHARE if item <= popular_items else RATED_SHARE):
                likes = user % 2 == item % 2
                rating = (4.3 if likes else 2.2) + chance.gauss(0, 0.5)
                lines.append(f"{user},{item},{min(5, max(1, round(rating)))}")
    return "\n".join(lines).encode()
