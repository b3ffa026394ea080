"""What a process remembers of where pages begin: enough for walks in order, and never more than a bound."""

from tillstone.store.positions import PLACES, START, WALKS, Positions


def test_nearest_place_is_the_last_one_not_behind_the_page() -> None:
    positions = Positions()
    positions.remember("walk", 50, (7, 1))
    positions.remember("walk", 150, (9, 3))
    assert [positions.nearest("walk", offset) for offset in (0, 49, 50, 149, 150, 999)] == [
        (0, START),
        (0, START),
        (50, (7, 1)),
        (50, (7, 1)),
        (150, (9, 3)),
        (150, (9, 3)),
    ]


def test_place_once_remembered_stays() -> None:
    positions = Positions()
    positions.remember("walk", 50, (7, 1))
    positions.remember("walk", 50, (8, 1))
    assert positions.nearest("walk", 50) == (50, (7, 1))


def test_walks_are_kept_apart() -> None:
    positions = Positions()
    positions.remember("walk", 50, (7, 1))
    assert positions.nearest("another", 50) == (0, START)


def test_long_walk_is_thinned_but_keeps_its_end() -> None:
    positions = Positions()
    for page in range(1, 10 * PLACES):
        positions.remember("walk", page * 50, (page, page))
    walk = positions._walks["walk"]
    assert len(walk.offsets) == len(walk.places) <= PLACES
    last = 10 * PLACES - 1
    assert positions.nearest("walk", last * 50) == (last * 50, (last, last))
    assert walk.offsets == sorted(walk.offsets)
    assert all(
        place == (offset // 50, offset // 50) for offset, place in zip(walk.offsets[1:], walk.places[1:], strict=True)
    )


def test_walks_longest_unused_are_forgotten() -> None:
    positions = Positions()
    positions.remember_total("first", 3)
    positions.remember_total("second", 4)
    for number in range(WALKS - 1):
        positions.remember_total(number, number)
        assert positions.total("first") == 3
    assert len(positions._walks) == WALKS
    assert positions.total("second") is None


def test_distance_is_that_to_the_nearest_place_of_the_walk_a_list_was_found_to_be() -> None:
    positions = Positions()
    positions.remember("walk", 50, (7, 1))
    assert positions.ahead("list", 70) == 70
    positions.found("list", "walk")
    assert [positions.ahead("list", offset) for offset in (0, 49, 50, 70)] == [0, 49, 0, 20]
    positions.found("list", "another")
    assert positions.ahead("list", 70) == 70
    positions.found("list", None)
    assert positions.ahead("list", 70) == 70


def test_lists_longest_unused_are_forgotten_too() -> None:
    positions = Positions()
    positions.remember("walk", 50, (7, 1))
    for number in range(WALKS + 1):
        positions.found(number, "walk")
    assert len(positions._found) == WALKS
    assert (positions.ahead(0, 50), positions.ahead(1, 50)) == (50, 0)
