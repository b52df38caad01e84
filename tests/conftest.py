"""What more than one test file needs."""

import pytest

from nrender.errors import ImageError


@pytest.fixture
def error_of():
    """`error_of(f, …)` calls f, which must raise ImageError of one line, and gives that line."""

    def message(function, *args, **kwargs):
        with pytest.raises(ImageError) as caught:
            function(*args, **kwargs)
        line = str(caught.value)
        assert line
        assert "\n" not in line
        return line

    return message
