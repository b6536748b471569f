"""What people look at: pages made on the server, that ask nothing but the public interface.

A page is one module, one template, and a script only where something moves. To add one:

    # api/pages/book.py
    from api.pages.page import View, page
    from callcenter.language.said import N_

    @page("/book", N_("The book"), scopes=("supervisor",), place=30)      # place: where it stands in the navigation
    async def book(view: View) -> Response:
        day = await view.get("/v1/intervals", day=view.asked("day"))      # refusals become pages by themselves
        return view.show("book.html", day=day)                            # templates/book.html extends base.html

    @action("/book/export", scopes=("supervisor",))                       # a form that writes: its token is checked
    async def export(view: View) -> Response: ...

and the module's name in `MODULES` of `app.py`. Its script, `static/book.js`, is named by
`{% block scripts %}<script type="module" src="{{ asset('book.js') }}"></script>{% endblock %}`. Every text is
`{% trans %}…{% endtrans %}` or `_('…')` (`view._('…')` in Python); then `make texts`, and translate what
is new in `locale/zh_CN/LC_MESSAGES/pages.po`. The parts that repeat are macros in `templates/components/`.
"""
