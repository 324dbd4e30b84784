"""SQLite on the slow disk: below all of SQLite, where its own functions for files are called (its VFS).

A read, a write or a wait for the disk takes its time while SQLite holds its locks, so that others meet a busy database.
"""

import _sqlite3
import ctypes
import time

# Words of the structures sqlite3_vfs and sqlite3_io_methods (sqlite.org/c3ref): the same in all of SQLite 3.
OPEN, DELETE = 5, 6
READ, WRITE, SYNC, N_METHODS = 2, 3, 5, 19

Word = ctypes.c_void_p  # a file's name too: SQLite looks about the very place where it stands
KINDS = {
    "open": ctypes.CFUNCTYPE(ctypes.c_int, Word, Word, Word, ctypes.c_int, Word),
    "delete": ctypes.CFUNCTYPE(ctypes.c_int, Word, Word, ctypes.c_int),
    "read": ctypes.CFUNCTYPE(ctypes.c_int, Word, Word, ctypes.c_int, ctypes.c_int64),
    "write": ctypes.CFUNCTYPE(ctypes.c_int, Word, Word, ctypes.c_int, ctypes.c_int64),
    "sync": ctypes.CFUNCTYPE(ctypes.c_int, Word, ctypes.c_int),
}


def slow_down(folder, delays_s, counts):
    """Let SQLite's calls on files of `folder` take `delays_s` more each, by their names; `counts` counts them."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = Word
    library.sqlite3_initialize()
    vfs = ctypes.cast(library.sqlite3_vfs_find(None), ctypes.POINTER(Word))
    beginning, slowed_methods = str(folder).encode(), {}

    # This function's own: Python may have emptied the modules when the last file is closed.
    sleep, string_at, pointer, cast = time.sleep, ctypes.string_at, ctypes.POINTER(Word), ctypes.cast

    def wait(name):
        counts[f"sqlite {name}"] = counts.get(f"sqlite {name}", 0) + 1
        sleep(delays_s[name])

    def slowed(name, function):
        def call(*arguments):
            wait(name)
            return function(*arguments)

        return kept(KINDS[name](call))

    def methods_like(address):
        words = ctypes.cast(address, pointer)
        copy = (Word * N_METHODS)(*words[:N_METHODS])
        for name, place in (("read", READ), ("write", WRITE), ("sync", SYNC)):
            copy[place] = address_of(slowed(name, KINDS[name](words[place])))
        return kept(copy)

    def is_in_folder(place):
        return place is not None and string_at(place).startswith(beginning)

    def open_file(itself, place, file, flags, told):
        is_slow = is_in_folder(place)
        if is_slow:
            wait("open")
        outcome = real_open(itself, place, file, flags, told)
        methods = cast(file, pointer)
        if is_slow and methods[0]:
            if methods[0] not in slowed_methods:
                slowed_methods[methods[0]] = methods_like(methods[0])
            methods[0] = ctypes.addressof(slowed_methods[methods[0]])
        return outcome

    def delete_file(itself, place, in_folder_too):
        if is_in_folder(place):
            wait("delete")
        return real_delete(itself, place, in_folder_too)

    real_open, real_delete = KINDS["open"](vfs[OPEN]), KINDS["delete"](vfs[DELETE])
    vfs[OPEN] = address_of(kept(KINDS["open"](open_file)))
    vfs[DELETE] = address_of(kept(KINDS["delete"](delete_file)))


def address_of(function):
    return ctypes.cast(function, Word).value


def kept(thing):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing
