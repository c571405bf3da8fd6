"""The HTTP port: probes, the API, the pages of the console.

How a route is added. Write a handler in ``gateway/console/api/`` (pages: in ``gateway/console/pages.py``)::

    @attrs.frozen(kw_only=True)
    class Greet:                                     # what is asked: strict, every fault at once
        name: Name = given("who is greeted")         # types are in fields.py; a default makes it optional
        loud: bool = given("in capitals", default=False)

    @attrs.frozen
    class Greeting:                                  # what is answered: becomes JSON and its schema
        text: str = given("the greeting")

    def greet(controls: Controls, asked: Greet) -> Greeting:      # or a Deferred of it; raise Problem(409, "Why.")
        return Greeting(text=f"Hello {asked.name}")

and a line in ``routes.py``: ``Route("POST", "/api/v1/greet/{name}", greet)``. Dispatch, checks,
``/api/openapi.json`` and ``/api/docs`` follow from that line. A field is taken from the braces of the path, from a
header (``given(…, header="Idempotency-Key")``), else from the query string (GET, DELETE) or the JSON body (POST, PUT,
PATCH). ``given(…, name="from")`` says names that Python cannot.

How a page is added. A handler that gives ``Octets(html.encode(), "text/html; charset=utf-8")`` and a line such as
``Route("GET", "/", index, content_type="text/html", is_open=True, is_page=True, is_documented=False)``;
a script or style is a route of its own (``is_open=True``), since the content security policy allows what comes from
this port as a file and nothing inline (no ``style=`` attributes either). ``is_open`` needs no token: a page may be
open while it holds no data and fetches that from the API. Where there is a token, a page asks for it, posts it to
``/api/v1/login`` and gets an HttpOnly cookie that ``fetch`` and ``EventSource`` then send by themselves.

What is live comes from ``EventSource("/api/v1/events")``: see ``api/events.py`` for the events.
"""
