"""Fingerprints that tell copies, also changed ones, from other code."""

import numpy as np

from index_store.simhash import NEAR_BITS, simhashes

FUNCTION = """
def refresh(self, token: str) -> Session:
    \"\"\"Exchange a refresh token for a new session, or raise if the token was revoked.\"\"\"
    record = self.store.find(token)
    if record is None or record.revoked_at is not None:
        raise TokenRevoked(token)
    session = Session(user=record.user, expires=self.clock.now() + self.lifetime)
    self.store.replace(record, session.token)
    self.audit.write("session refreshed", user=record.user.id, old=token, new=session.token)
    return session
"""


def distance(one: str, other: str) -> int:
    first, second = simhashes([one, other])
    return int(np.bitwise_count(first ^ second))


def test_layout_and_order_do_not_count() -> None:
    assert distance(FUNCTION, " ".join(reversed(FUNCTION.split()))) == 0
    assert distance(FUNCTION, FUNCTION.replace("\n", "\r\n\t").replace('"', "'")) == 0


def test_a_copy_with_one_word_changed_is_near_and_other_code_is_not() -> None:
    assert distance(FUNCTION, FUNCTION.replace("audit", "journal")) <= NEAR_BITS
    assert (
        distance(FUNCTION, "def parse_date(text):\n    return datetime.strptime(text, FORMAT)")
        > 4 * NEAR_BITS
    )


def test_texts_without_words_are_told_apart_and_nothing_is_lost_in_a_long_list() -> None:
    texts = ["", "{}", "{ }", "---", *(f"word{number}" for number in range(100))]
    assert len(set(simhashes(texts).tolist())) == len(texts)
    assert simhashes(texts)[50] == simhashes([texts[50]])[0]
    assert simhashes([]).shape == (0,)
