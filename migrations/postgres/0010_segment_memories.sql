-- What a segment remembers over the windows of one shape is one row, whatever its number of features: every window reads
-- and writes all of them. Memories begin anew; they are full again after fifteen windows.
DROP TABLE memory;
CREATE TABLE memory (
    monitor     text COLLATE "C" NOT NULL,
    window_name text COLLATE "C" NOT NULL,
    segment     text COLLATE "C" NOT NULL,
    shape_hash  text COLLATE "C" NOT NULL, -- of the plan and the window shape; counts of another one are never added
    through     bigint NOT NULL,           -- end of the last window that was added
    state       bytea  NOT NULL,           -- postcard of every feature's name, end of its last window, and M, V, s of every bin
    PRIMARY KEY (monitor, window_name, segment)
) WITH (fillfactor = 50);                  -- every window updates the rows of its shape
