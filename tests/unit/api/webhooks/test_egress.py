"""Where a web hook may go."""

import pytest

from api.webhooks.egress import destination
from callcenter.errors import BadInput


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://example.org/x", "javascript:alert(1)", "//example.org/x", "http:///x", "https://",
     "http://user:secret@example.org/", "http://example.org:99999/", "http://example.org:x/", "http://example.org:0/",
     "http://[::1/", "http://a\nb/", "http://exa mple.org/", "http://a\x00b/"],
)  # fmt: skip
def test_a_strange_address_is_none(url):
    with pytest.raises(BadInput, match=r"^(is no address|write https://host/path, with no user in it)$"):
        destination(url, private=True)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "0.0.0.0",
     "10.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
     "[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]",
     "[::7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]", "[fd00::1]", "[ff02::1]"],
)  # fmt: skip
def test_the_own_network_is_none_of_a_web_hooks_business_however_it_is_written(host):
    with pytest.raises(BadInput, match="is a private address"):
        destination(f"http://{host}:8080/x", private=False)
    assert destination(f"http://{host}:8080/x", private=True)


@pytest.mark.parametrize(
    "host", ["example.org", "93.184.216.34", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]", "localhost.example.org"]
)
def test_the_outside_is_open(host):
    assert destination(f"https://{host}/hooks", private=False).scheme == "https"
