"""A filter as SQL over `w`, the workflow. What was typed is bound."""

from __future__ import annotations

from simtui.model.filters import Bound, Filter, Kind, Term
from simtui.store import search
from simtui.store.workflows import LAST_STATUS, Condition

_COLUMNS = {
    "name": "w.name",
    "folder": "w.folder",
    "status": LAST_STATUS,
    "blocks": "w.block_count",
    "edges": "w.edge_count",
    "size": "w.document_bytes",
    "updated": "w.updated_at",
    "created": "w.created_at",
    "source": "w.source",
    "id": "w.id",
}
_IN_INDEX = (
    "w.id IN (SELECT i.ref FROM search AS s JOIN search_items AS i"
    " ON i.n = s.rowid AND i.kind = 'workflow' WHERE s.search MATCH ?)"
)


def of_workflows(filter: Filter) -> Condition:
    """The rows that `filter` means. Free text is looked for in the name, as a part of it, and in
    the index, as the beginning of a word."""
    clauses: list[str] = []
    parameters: list[object] = []
    for term in filter.terms:
        column = _COLUMNS[term.field]
        pieces = [_piece(column, term, bound, parameters) for bound in term.bounds]
        clauses.append(f"{'NOT ' if term.excluded else ''}({' OR '.join(pieces)})")
    for word, excluded in filter.words:
        pieces = ["instr(folded(w.name), ?) > 0"]
        parameters.append(word.casefold())
        match = search.match_of(word)
        if match is not None:
            pieces.append(_IN_INDEX)
            parameters.append(match)
        clauses.append(f"{'NOT ' if excluded else ''}({' OR '.join(pieces)})")
    return Condition(" AND ".join(clauses) or "1", tuple(parameters))


def _piece(column: str, term: Term, bound: Bound, parameters: list[object]) -> str:
    if term.kind is Kind.TEXT:
        parameters.append(bound.text.casefold())
        return f"instr(folded({column}), ?) > 0"
    if term.kind is Kind.WORD:
        parameters.append(bound.text.casefold())
        return f"folded({column}) = ?"
    if term.kind is Kind.TIME:
        low, high = bound.span
        if term.operator == "=":
            parameters += (low, high)
            return f"({column} >= ? AND {column} < ?)"
        # past a day is past its end; up to a day is up to its end
        operator = {">": ">=", "<=": "<"}.get(term.operator, term.operator)
        parameters.append(high if term.operator in (">", "<=") else low)
        return f"{column} {operator} ?"
    parameters.append(bound.number)
    return f"{column} {term.operator} ?"
