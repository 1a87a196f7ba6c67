-- What a segment remembers over the windows of one shape is one row, whatever its number of features: every window reads
-- and writes all of them. Memories begin anew; they are full again after fifteen windows.
DROP TABLE memory;
CREATE TABLE memory (
    monitor     TEXT    NOT NULL,
    window_name TEXT    NOT NULL,
    segment     TEXT    NOT NULL,
    shape_hash  TEXT    NOT NULL,       -- of the plan and the window shape; counts of another one are never added
    through     INTEGER NOT NULL,       -- end of the last window that was added
    state       BLOB    NOT NULL,       -- postcard of every feature's name, end of its last window, and M, V, s of every bin
    PRIMARY KEY (monitor, window_name, segment)
) STRICT, WITHOUT ROWID;
