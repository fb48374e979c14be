"""A draw is fair, has each number once, and can be repeated by anybody who knows the seed (SAR-02; 002:228-231)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rules.draw import drawn_numbers, list_hash, number_under, picked


@pytest.mark.requirement("SAR-02")
@examples(max_examples=60)
@given(seed=st.text(max_size=20), size=st.integers(0, 200), sample=st.integers(0, 60))
def test_a_draw_has_different_numbers_of_the_list_and_is_the_same_again(seed: str, size: int, sample: int) -> None:
    numbers = drawn_numbers(seed, size, sample)
    assert len(numbers) == len(set(numbers)) == min(size, sample)
    assert all(1 <= number <= size for number in numbers)
    assert numbers == drawn_numbers(seed, size, sample)
    assert numbers[: sample // 2] == drawn_numbers(seed, size, sample // 2), "a larger draw begins with the smaller"


@pytest.mark.requirement("SAR-02")
def test_a_sample_larger_than_the_list_takes_everybody_and_none_of_nobody() -> None:
    assert sorted(drawn_numbers("seed", 4, 5)) == [1, 2, 3, 4]
    assert drawn_numbers("seed", 0, 5) == ()


@pytest.mark.requirement("SAR-02")
def test_each_number_is_drawn_as_often_as_any_other() -> None:
    times = dict.fromkeys(range(1, 8), 0)
    for seed in range(4_200):
        for number in drawn_numbers(str(seed), 7, 2):
            times[number] += 1
    # 1,200 are expected of each; six standard deviations are about 180.
    assert all(1_020 < count < 1_380 for count in times.values()), times


@pytest.mark.requirement("SAR-02")
def test_a_value_that_would_favour_the_first_numbers_is_passed_over() -> None:
    uneven = 2**64 % 7
    assert (number_under(0, 7), number_under(6, 7), number_under(7, 7)) == (1, 7, 1)
    assert number_under(2**64 - uneven - 1, 7) == 7
    assert number_under(2**64 - uneven, 7) is None
    assert number_under(2**64 - 1, 8) == 8


@pytest.mark.requirement("SAR-02")
def test_a_draw_of_long_ago_is_still_the_same() -> None:
    assert drawn_numbers("Homeward", 100_000, 5) == (11248, 12926, 35612, 37065, 1845)
    numbered = "1 ANNA\n2 BERT\n3 CARL"
    assert picked(numbered, (3, 1)) == ("CARL", "ANNA")
    assert list_hash(numbered) == "95fe34fb59d6393867784d408549f2f8afe2ec3d65e53a55eca743842339e5aa"
    assert list_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
