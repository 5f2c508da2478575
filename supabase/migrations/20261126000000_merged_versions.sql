-- A delivery that was appended to, or upserted into, the version that was current: it has an original, options, a load and
-- quarantine like every version, and its rows stand in the other one's tables. A value that is added to an enum can be used
-- from the next transaction on, hence this migration of its own.
alter type app.version_state add value 'merged';
