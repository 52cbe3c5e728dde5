"""The statements that write transactions, documents and milestones."""

from datetime import datetime

from integration_monitor.tools import order_store_sql as store


def _documents(count):
    return [
        {
            "transaction_id": 7,
            "res_model": "stock.picking",
            "res_id": number,
            "document_name": 'W"H\\1, {NULL}' if number % 2 else None,
            "role": "out",
        }
        for number in range(count)
    ]


def _put(rows, known=True):
    statements = store.Statements()
    statements.put("links", store.DOCUMENT_COLUMNS, store.DOCUMENT_KEY, rows, known)
    return statements.texts[0], statements.values


def test_few_rows_are_values():
    """A document's change, which every transaction pays for, is understood as plain values."""
    text, values = _put(_documents(2))
    assert "VALUES (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s)" in text
    assert values[:5] == [7, "stock.picking", 0, None, "out"]


def test_many_rows_are_one_array_a_column():
    """Quotes, backslashes, commas and the word NULL arrive as they are."""
    text, values = _put(_documents(store.MANY))
    assert "unnest(%s::int[], %s::varchar[], %s::int[], %s::varchar[], %s::varchar[])" in text
    assert len(values) == len(store.DOCUMENT_COLUMNS)
    assert values[0] == "{" + ",".join(["7"] * store.MANY) + "}"
    assert values[3].startswith('{NULL,"W\\"H\\\\1, {NULL}",NULL,')


def test_moments_and_json_in_arrays():
    """What an array of moments or of JSON holds is read by PostgreSQL as a single one is."""
    row = dict.fromkeys(store.MILESTONE_COLUMNS)
    row |= {"reached_at": datetime(2026, 1, 2, 3, 4, 5), "evidence": {"stock.picking,1": "a"}}
    statements = store.Statements()
    rows = [row] * store.MANY
    statements.put("m", store.MILESTONE_COLUMNS, store.MILESTONE_KEY, rows, known=False)
    reached_at, evidence = statements.values
    assert reached_at.startswith('{"2026-01-02 03:04:05",')
    assert evidence.startswith('{"{\\"stock.picking,1\\": \\"a\\"}",')


def test_columns_of_nothing_are_no_arrays():
    """PostgreSQL takes three arrays of nothing apart for each batch of milestones."""
    rows = [{**row, "document_name": None} for row in _documents(store.MANY)]
    text, values = _put(rows)
    assert "SELECT new.transaction_id, new.res_model, new.res_id, NULL::varchar, new.role" in text
    assert "new (transaction_id, res_model, res_id, role)" in text
    assert len(values) == len(store.DOCUMENT_COLUMNS) - 1


def test_what_is_new_collides_with_nothing():
    """Looking for rows of a transaction that is made just now would be in vain."""
    assert "ON CONFLICT (transaction_id, res_model, res_id) DO UPDATE" in _put(_documents(1))[0]
    assert "ON CONFLICT" not in _put(_documents(1), known=False)[0]
