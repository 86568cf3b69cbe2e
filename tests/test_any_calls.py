"""Any call, good or bad, is refused as documented or gives what the reference gives; `any_calls` says more.

How many: ten a function, or `HYPOTHESIS_PROFILE=fuzz` (`conftest.py`).
"""

import pytest
from any_calls import FUNCTIONS, any_calls
from any_checks import check
from cases import examples
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("function", FUNCTIONS)
@examples(10)
@given(data=st.data())
def test_any_call(function, data):
    check(data.draw(any_calls((function,))))
