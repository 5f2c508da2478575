-- A version whose rows were removed, and whose past is a part of another one's: its number, account, changes and quarantine
-- stay. A value that is added to an enum can be used from the next transaction on, hence this migration of its own.
alter type app.version_state add value 'removed';
