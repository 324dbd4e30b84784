"""Choose one plugin by its name, or say why not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from core.base.errors import PluginError
from core.contracts.kinds import KINDS, PluginKind
from core.plugin.plugin_info import PluginInfo, PluginStatus

__all__ = ["check_kind", "choose", "explain_duplicates", "same_provider"]

_EXPLAINED_FIRST = (PluginStatus.BROKEN, PluginStatus.INCOMPATIBLE, PluginStatus.DISABLED)


def check_kind(kind: str) -> PluginKind:
    """Return the kind of that name.

    Raises
    ------
    PluginError
        If there is none.
    """
    if kind in KINDS:
        return KINDS[kind]
    near = get_close_matches(kind, KINDS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise PluginError(f"No plugin kind is named {kind!r}.{hint} Kinds: {', '.join(KINDS)}")


def choose(plugins: Sequence[PluginInfo], kind: str, name: str, notices: Iterable[str] = ()) -> PluginInfo:
    """Return the one plugin of `kind` that `name` means, which may be qualified ("acme-qlop:ridge").

    Parameters
    ----------
    plugins : sequence of PluginInfo
        Of all kinds.
    kind, name : str
        What is asked for.
    notices : iterable of str
        What a person should know where the name is unknown, such as folders that are not trusted.

    Raises
    ------
    PluginError
        If the kind or the name is unknown, or the plugin is ambiguous, broken, incompatible or disabled.
    """
    wanted = check_kind(kind)
    provider, _, bare = name.rpartition(":")
    named = [
        plugin
        for plugin in plugins
        if plugin.kind == kind
        and plugin.name == bare
        and (not provider or same_provider(plugin.origin.provider, provider))
    ]
    usable = [plugin for plugin in named if plugin.status in {PluginStatus.AVAILABLE, PluginStatus.DUPLICATE}]
    if len(usable) == 1:
        return usable[0]
    if usable:
        raise PluginError(explain_duplicates(usable))
    for status in _EXPLAINED_FIRST:
        for plugin in named:
            if plugin.status is status:
                raise PluginError(_explain_unusable(plugin))
    raise PluginError(_explain_unknown(plugins, wanted, name, notices))


def explain_duplicates(plugins: Sequence[PluginInfo]) -> str:
    """Return the sentence that names the origins of plugins which share a name, and what to do."""
    kind, name = KINDS[plugins[0].kind], plugins[0].name
    origins = " and ".join(plugin.origin.shown for plugin in plugins)
    count = "Two" if len(plugins) == 2 else str(len(plugins))
    qualified = sorted({plugin.qualified_name for plugin in plugins})
    selection = f", or name one: {' or '.join(qualified)}" if len(qualified) == len(plugins) else ""
    return (
        f"{count} plugins provide {kind.singular} {name!r}: {origins}. Disable one under plugins.disabled{selection}."
    )


def same_provider(found: str, asked: str) -> bool:
    """Whether two names mean one distribution: case, `-`, `_` and `.` do not tell them apart (PEP 503)."""
    return re.sub(r"[-_.]+", "-", found).lower() == re.sub(r"[-_.]+", "-", asked).lower()


def _explain_unusable(plugin: PluginInfo) -> str:
    singular = KINDS[plugin.kind].singular.capitalize()
    return (
        f"{singular} {plugin.name!r} ({plugin.origin.shown}) is {plugin.status}: {plugin.problem} "
        f"See: qlop plugins show {plugin.kind} {plugin.name}"
    )


def _explain_unknown(plugins: Sequence[PluginInfo], kind: PluginKind, name: str, notices: Iterable[str]) -> str:
    known = sorted({plugin.name for plugin in plugins if plugin.kind == kind.folder})
    near = get_close_matches(name.rpartition(":")[2], known, n=1)
    parts = [f"No {kind.singular} named {name!r}."]
    if near:
        parts.append(f"Did you mean {near[0]!r}?")
    elsewhere = sorted({plugin.kind for plugin in plugins if plugin.name == name} - {kind.folder})
    parts += [f"A {KINDS[other].singular} is named so: qlop plugins show {other} {name}." for other in elsewhere]
    parts += notices
    return " ".join([*parts, f"All: qlop plugins list {kind.folder}"])
