"""The actions that a request runs against a framework's real session. README.md lists them."""

from datetime import timedelta

from typed import from_typed


def expiry_value(typed):
    """Returns the argument of Django's `set_expiry`; a typed float stands for a timedelta."""
    value = None if typed is None else from_typed(typed)
    return timedelta(seconds=value) if isinstance(value, float) else value


def raise_as_asked():
    raise RuntimeError("as asked")


# Each takes the session and the arguments; what it returns is read, unless it is in SILENT.
ACTIONS = {
    "set": lambda session, key, value: session.__setitem__(key, from_typed(value)),
    "del": lambda session, key: session.__delitem__(key),
    "pop": lambda session, key: session.pop(key, None),
    "clear": lambda session: session.clear(),
    "update": lambda session, values: session.update(from_typed(values)),
    "setdefault": lambda session, key, value: session.setdefault(key, from_typed(value)),
    "get": lambda session, key: session.get(key),
    "contains": lambda session, key: key in session,
    "len": lambda session: len(session.keys()),
    "all": lambda session: dict(session.items()),
    "append": lambda session, key, value: session[key].append(from_typed(value)),
    "touch": lambda session: setattr(session, "modified", True),
    "raise": lambda session: raise_as_asked(),
}
FLASK_ACTIONS = {
    "permanent": lambda session, value: setattr(session, "permanent", value),
}
DJANGO_ACTIONS = {
    "set_expiry": lambda session, value: session.set_expiry(expiry_value(value)),
    "flush": lambda session: session.flush(),
    "cycle_key": lambda session: session.cycle_key(),
    "expiry_age": lambda session: session.get_expiry_age(),
    "browser_close": lambda session: session.get_expire_at_browser_close(),
}
READING = {
    "pop", "setdefault", "get", "contains", "len", "all", "expiry_age", "browser_close", "get_flashes",
}


def run(session, table, name, arguments, reads):
    """Runs one action and records what it read."""
    value = table[name](session, *arguments)
    if name in READING:
        reads.append(value)
